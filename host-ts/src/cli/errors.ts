/** Errors of the command line: the user's, with what was meant where it can be guessed. */
import { SluiceError } from '../base/index.ts';
import { nearest } from './nearest.ts';

function usage(code: string, message: string, hint: string, context: Record<string, string>): SluiceError {
  return new SluiceError({ code, kind: 'user', message, hint, context });
}

export function optionUnknown(option: string, known: readonly string[]): SluiceError {
  const meant = nearest(option, known);
  const hint = meant === undefined ? 'sluice --help lists the options' : `did you mean ${meant}?`;
  return usage('OPTION_UNKNOWN', `there is no option ${option}`, hint, { option });
}

export function optionWithoutValue(option: string, what: string): SluiceError {
  return usage('OPTION_WITHOUT_VALUE', `${option} wants ${what}`, `write ${option} ${what}`, { option });
}

export function optionTakesNoValue(option: string, value: string): SluiceError {
  return usage('OPTION_TAKES_NO_VALUE', `${option} takes no value, got '${value}'`, `write ${option} alone`, {
    option,
    value,
  });
}

export function optionValueInvalid(option: string, value: string, expected: string): SluiceError {
  return usage('OPTION_VALUE_INVALID', `${option} is '${value}'`, `give ${expected}`, { option, value });
}

export function commandUnknown(command: string, known: readonly string[]): SluiceError {
  const meant = nearest(command, known);
  const hint = meant === undefined ? `the commands are: ${known.join(', ')}` : `did you mean ${meant}?`;
  return usage('COMMAND_UNKNOWN', `there is no command '${command}'`, hint, { command });
}

export function jobMissing(): SluiceError {
  return usage(
    'JOB_MISSING',
    'run wants a job module',
    'write sluice run <job>, for instance demo/jobs/late-flights.ts',
    {},
  );
}

export function argumentExtra(argument: string): SluiceError {
  return usage('ARGUMENT_EXTRA', `'${argument}' is one argument too many`, 'run takes one job module', { argument });
}

export function inputUnknown(input: string, known: readonly string[]): SluiceError {
  const meant = nearest(input, known);
  const all = known.length === 0 ? 'the job has no inputs' : `the job's inputs are: ${known.join(', ')}`;
  return usage(
    'INPUT_UNKNOWN',
    `the job has no input '${input}'`,
    meant === undefined ? all : `did you mean ${meant}?`,
    {
      input,
    },
  );
}

export function inputListInvalid(file: string, reason: string): SluiceError {
  return usage(
    'INPUT_LIST_INVALID',
    `${file} cannot be used: ${reason}`,
    'it must be {"<input>": "<path or URL>", …}',
    {
      file,
      reason,
    },
  );
}

export function resumeWithoutFolder(): SluiceError {
  return usage('RESUME_WITHOUT_FOLDER', '--resume wants a folder of checkpoints', 'add --checkpoint-dir DIR', {});
}
