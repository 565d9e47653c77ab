/** The command line as data. Pure: words in, a request or a SluiceError out. */
import { PARALLELISM_MAX } from '../base/index.ts';
import {
  argumentExtra,
  commandUnknown,
  jobMissing,
  optionTakesNoValue,
  optionUnknown,
  optionValueInvalid,
  optionWithoutValue,
  resumeWithoutFolder,
} from './errors.ts';

export interface RunRequest {
  readonly command: 'run';
  readonly job: string;
  /** Input name → path or URL. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly parallelism: number | undefined;
  readonly checkpointDir: string | undefined;
  readonly checkpointIntervalMs: number | undefined;
  readonly resume: boolean;
  readonly json: boolean;
  /** Undefined: a progress bar where standard error is a terminal. */
  readonly progress: boolean | undefined;
}

export type Request = RunRequest | { readonly command: 'help' } | { readonly command: 'version' };

/** Options by name; what the value is called, or null for a switch. */
const OPTIONS: Readonly<Record<string, string | null>> = {
  '--input': 'NAME=PATH',
  '--parallelism': 'N',
  '--checkpoint-dir': 'DIR',
  '--checkpoint-interval': 'MS',
  '--resume': null,
  '--json': null,
  '--progress': null,
  '--no-progress': null,
  '--help': null,
  '--version': null,
};
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version', '-p': '--parallelism' };
const COMMANDS = ['run'];

export const USAGE = `sluice: stateful stream processing

  sluice run <job> [options]        run the job that a module exports

  --input NAME=PATH                 bind an input to a file or URL (.parquet, .csv, .ndjson); may be repeated.
                                    Inputs that are not given are looked up in inputs.json beside the job.
  --parallelism N                   slots (worker threads), 1 to ${PARALLELISM_MAX}; default: the number of cores
  --checkpoint-dir DIR              keep checkpoints there; without it a job survives its slots, not the process
  --checkpoint-interval MS          milliseconds between checkpoints; default 5000
  --resume                          go on from the newest checkpoint in the folder
  --json                            print the job's tables when it ends, one JSON object per row
  --progress, --no-progress         a progress bar on standard error; default: when that is a terminal
  --help, --version

Ctrl-C takes a last checkpoint and ends; a second Ctrl-C ends at once.
Exit codes: 0 done, 1 the job failed, 2 the command or the job is wrong, 130 interrupted.
`;

export function parseArguments(words: readonly string[]): Request {
  const { options, rest } = split(words);
  if (options.some(([name]) => name === '--help')) return { command: 'help' };
  if (options.some(([name]) => name === '--version')) return { command: 'version' };
  const [command, job, extra] = rest;
  if (command === undefined) return { command: 'help' };
  if (command !== 'run') throw commandUnknown(command, COMMANDS);
  if (job === undefined) throw jobMissing();
  if (extra !== undefined) throw argumentExtra(extra);
  const last = (name: string): string | undefined => options.findLast(([option]) => option === name)?.[1];
  const has = (name: string): boolean => options.some(([option]) => option === name);
  const progress = options.findLast(([name]) => name === '--progress' || name === '--no-progress')?.[0];
  const request: RunRequest = {
    command,
    job,
    inputs: new Map(options.filter(([name]) => name === '--input').map(([, value]) => inputOf(value))),
    parallelism: numberOf('--parallelism', last('--parallelism'), PARALLELISM_MAX),
    checkpointDir: last('--checkpoint-dir'),
    checkpointIntervalMs: numberOf('--checkpoint-interval', last('--checkpoint-interval'), 2 ** 31 - 1),
    resume: has('--resume'),
    json: has('--json'),
    progress: progress === undefined ? undefined : progress === '--progress',
  };
  if (request.resume && request.checkpointDir === undefined) throw resumeWithoutFolder();
  return request;
}

/** Separates options with their values from the other words; `--` ends the options. */
function split(words: readonly string[]): { readonly options: [string, string][]; readonly rest: string[] } {
  const options: [string, string][] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') return { options, rest: [...rest, ...words.slice(at + 1)] };
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const written = equals < 0 ? word : word.slice(0, equals);
    const name = SHORT[written] ?? written;
    if (!Object.hasOwn(OPTIONS, name)) throw optionUnknown(written, Object.keys(OPTIONS));
    const what = OPTIONS[name]!;
    if (what === null) {
      if (equals >= 0) throw optionTakesNoValue(name, word.slice(equals + 1));
      options.push([name, '']);
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : words[++at];
    if (value === undefined || value === '') throw optionWithoutValue(name, what);
    options.push([name, value]);
  }
  return { options, rest };
}

function inputOf(value: string): [string, string] {
  const equals = value.indexOf('=');
  if (equals < 1 || equals === value.length - 1) {
    throw optionValueInvalid('--input', value, 'a name and a path: --input flights=flights.parquet');
  }
  return [value.slice(0, equals), value.slice(equals + 1)];
}

function numberOf(option: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= 1 && number <= max)) throw optionValueInvalid(option, value, `a whole number from 1 to ${max}`);
  return number;
}
