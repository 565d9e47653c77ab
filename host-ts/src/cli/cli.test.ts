// The command line: what it understands, what it refuses with which words, where inputs are found.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { JobStatus } from '../api/index.ts';
import { parseArguments } from './arguments.ts';
import { bindInputs } from './inputs.ts';
import { editDistance, nearest } from './nearest.ts';
import { count, progressBar, progressLine } from './progress.ts';

test('run with everything', () => {
  const words = 'run job.ts --input a=x.csv --input=b=https://h/y.parquet?v=1 -p 2 --checkpoint-dir d --resume --json';
  assert.deepEqual(parseArguments([...words.split(' '), '--checkpoint-interval=250', '--no-progress']), {
    command: 'run',
    job: 'job.ts',
    inputs: new Map([
      ['a', 'x.csv'],
      ['b', 'https://h/y.parquet?v=1'],
    ]),
    parallelism: 2,
    checkpointDir: 'd',
    checkpointIntervalMs: 250,
    resume: true,
    json: true,
    progress: false,
  });
});

test('help and version win over the rest', () => {
  assert.deepEqual(parseArguments([]), { command: 'help' });
  assert.deepEqual(parseArguments(['run', '--help']), { command: 'help' });
  assert.deepEqual(parseArguments(['-v']), { command: 'version' });
});

test('what is wrong is named, and what was meant', () => {
  const cases: [string, string, RegExp][] = [
    ['run job.ts --paralelism 2', 'OPTION_UNKNOWN', /did you mean --parallelism\?/],
    ['run job.ts --jsno', 'OPTION_UNKNOWN', /did you mean --json\?/],
    ['run job.ts --xyzzy', 'OPTION_UNKNOWN', /--help lists/],
    ['run job.ts --json=yes', 'OPTION_TAKES_NO_VALUE', /'yes'/],
    ['run job.ts --checkpoint-dir', 'OPTION_WITHOUT_VALUE', /--checkpoint-dir DIR/],
    ['run job.ts --parallelism 0', 'OPTION_VALUE_INVALID', /from 1 to 32/],
    ['run job.ts --parallelism two', 'OPTION_VALUE_INVALID', /'two'/],
    ['run job.ts --parallelism 33', 'OPTION_VALUE_INVALID', /from 1 to 32/],
    ['run job.ts --input flights', 'OPTION_VALUE_INVALID', /a name and a path/],
    ['run job.ts --resume', 'RESUME_WITHOUT_FOLDER', /--checkpoint-dir/],
    ['run', 'JOB_MISSING', /sluice run <job>/],
    ['run a.ts b.ts', 'ARGUMENT_EXTRA', /'b\.ts'/],
    ['rnu a.ts', 'COMMAND_UNKNOWN', /did you mean run\?/],
  ];
  for (const [words, code, message] of cases) {
    assert.throws(() => parseArguments(words.split(' ')), { code, message }, words);
  }
});

test('the nearest name', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('ab', 'ba'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(nearest('flihgts', ['flights', 'fights']), 'flights');
  assert.equal(nearest('zebra', ['flights']), undefined);
});

test('inputs: given ones, those beside the job, formats by their ending', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'));
  try {
    const job = pathToFileURL(path.join(folder, 'job.ts')).href;
    const listed = { flights: 'data/f.parquet', other: 'https://host/o.ndjson' };
    assert.deepEqual(await bindInputs(['flights'], new Map(), job), {}, 'no list: left to the coordinator');
    await writeFile(path.join(folder, 'inputs.json'), JSON.stringify(listed));
    assert.deepEqual(await bindInputs(['flights', 'other', 'mine'], new Map([['mine', 'M.CSV']]), job), {
      flights: {
        connector: 'parquet',
        location: { kind: 'path', path: path.join(folder, 'data/f.parquet') },
        options: {},
      },
      other: { connector: 'ndjson', location: { kind: 'url', url: 'https://host/o.ndjson' }, options: {} },
      mine: { connector: 'csv', location: { kind: 'path', path: path.resolve('M.CSV') }, options: {} },
    });
    const bind = (name: string, file: string): Promise<unknown> =>
      bindInputs(['flights'], new Map([[name, file]]), job);
    await assert.rejects(bind('flihgts', 'x.csv'), { code: 'INPUT_UNKNOWN', message: /did you mean flights\?/ });
    await assert.rejects(bind('flights', 'x.xlsx'), { code: 'INPUT_INVALID', message: /\.xlsx.*\.parquet/ });
    await writeFile(path.join(folder, 'inputs.json'), '{"flights": 7}');
    await assert.rejects(bindInputs(['flights'], new Map(), job), { code: 'INPUT_LIST_INVALID' });
    await writeFile(path.join(folder, 'inputs.json'), '{');
    await assert.rejects(bindInputs(['flights'], new Map(), job), { code: 'INPUT_LIST_INVALID' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

const STATUS = { job: 'j', phase: 'running', rowsRead: 1_230_000, rowsTotal: 3_000_000, epoch: 3 } as JobStatus;

test('progress: a line with and without a total', () => {
  assert.equal(count(1_234_567), '1,234,567');
  assert.equal(
    progressLine(STATUS, 100),
    `j ${'━'.repeat(10)}${'─'.repeat(14)}  41 %  1,230,000 of 3,000,000 rows  12.3 M/s  checkpoint 3`,
  );
  assert.equal(
    progressLine({ ...STATUS, rowsTotal: null, phase: 'restarting' }, 0),
    'j  1,230,000 rows  checkpoint 3  restarting',
  );
});

test('progress: in place on a terminal, a line a second elsewhere', () => {
  let nowMs = 0;
  const written: string[] = [];
  const output = (isTerminal: boolean): Parameters<typeof progressBar>[0] => ({
    write: (text) => void written.push(text),
    isTerminal,
    now: () => nowMs,
  });
  const bar = progressBar(output(true));
  bar.show(STATUS);
  bar.clear();
  bar.clear();
  assert.equal(written.length, 2);
  assert.ok(written[0]?.startsWith('\r\x1b[2Kj ') && !written[0].endsWith('\n'));
  written.length = 0;
  const lines = progressBar(output(false));
  for (nowMs = 0; nowMs <= 2500; nowMs += 100) lines.show(STATUS);
  lines.clear();
  assert.equal(written.length, 3);
  assert.ok(written.every((line) => line.endsWith('\n')));
});
