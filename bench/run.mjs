// Benchmarks: npm run bench -- [suite …] [--json] [--rounds N] [--tiny] [--only WORD]
//
// Suites: flights, closures, decode, exchange, state, size, start; all of them unless named. With --json each figure is one line
// {"name","value","unit"}; else a table with ratios within a group. All figures of a suite are measured in turn within one
// run, and the median of its rounds is printed. --tiny runs everything on small inputs, to see that it works: its figures mean
// nothing. --only takes the variants of suite flights whose name contains the word. --cpu gives suite flights by CPU seconds (of the busiest slot's
// thread) instead of the clock's: for a machine that is busy with something else.
import { parseArgs } from 'node:util';
import { Figures } from './figures.mjs';
import { flights } from './flights/suite.mjs';
import { script } from './script-suite.mjs';
import { size } from './size.mjs';

const SUITES = {
  flights,
  closures: script('closures/suite.mjs'),
  decode: script('micro/decode.mjs'),
  exchange: script('micro/exchange.mjs'),
  state: script('micro/state.mjs'),
  size,
  start: script('start.mjs', { tinyArgs: ['--rounds', '1'] }),
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    cpu: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name));
const rounds = Number(flags.rounds);
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(
    `BENCH_USAGE: ${unknown.join(', ') || `--rounds ${flags.rounds}`}; suites: ${Object.keys(SUITES).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
    const figures = new Figures();
    await SUITES[name]({
      rounds: flags.tiny ? 1 : rounds,
      tiny: flags.tiny,
      figures,
      only: flags.only,
      cpu: flags.cpu,
    });
    figures.print(flags);
  }
}
