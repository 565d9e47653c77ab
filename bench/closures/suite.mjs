// Suite `closures`: users' functions over rows, in rows of input per second on one thread, the figures of a group (form/values) over
// its three functions together. All functions live in one process, as those of a job do.
//   node bench/closures/suite.mjs [--json] [--tiny]
//
//   plain    the stage as it runs where the home cannot compile source: one loop that all functions share
//   driver   the stage with the loop that is generated per function
//   by-hand  a loop per function over row objects that were made before, into a list: no frames on either side
//
// Variants alternate within a round; the median of the rounds is printed. The stages take frames of 4,096 rows as a chain gives
// them and leave frames. Before the rounds the rows of all variants are compared.
import { adapterNode, engine as engineRoom, schema as schemaRoom } from '../flights/rooms.mjs';
import { GROUPS, ROW_SCHEMA } from './cases.mjs';

const { ClosureStage } = await import(new URL('../../host-ts/src/slot/closure-stage.ts', import.meta.url).href);

const FRAME_ROWS = 4096;
const AIRPORTS = 230;
/** Rounds until V8 has compiled what runs often. */
const WARM_UP_ROUNDS = 3;

const isTiny = process.argv.includes('--tiny');
const frameCount = isTiny ? 2 : 24;
const rounds = isTiny ? 1 : 11;
const only = process.argv.find((word) => word.startsWith('--only='))?.slice(7) ?? '';

const { compileFunction: compile } = adapterNode.nodePlatform();
const batches = makeBatches(frameCount);
const groups = Object.entries(GROUPS).filter(([name]) => name.includes(only));

let hash = 0;
const timings = new Map();
for (const [name, cases] of groups) {
  const variants = {
    plain: cases.map((each) => stageRunner(name, each, undefined)),
    driver: cases.map((each) => stageRunner(name, each, compile)),
    'by-hand': cases.map((each) => handRunner(each)),
  };
  for (const [at] of cases.entries()) compareRows(`${name}/${at}`, variants, at);
  for (const [variant, runners] of Object.entries(variants))
    timings.set(`${name}/${variant}`, { runners, seconds: [] });
}
for (let round = isTiny ? 0 : -WARM_UP_ROUNDS; round < rounds; round++) {
  for (const { runners, seconds } of timings.values()) {
    const start = performance.now();
    for (const { run } of runners) run();
    if (round >= 0) seconds.push((performance.now() - start) / 1000);
    // V8 installs what its other threads have compiled when the event loop turns
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const rowCount = frameCount * FRAME_ROWS;
for (const [name, { runners, seconds }] of timings) {
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1];
  report(`closures/${name}`, Math.round((rowCount * runners.length) / median), 'rows/s');
}
report('closures', (hash >>> 0).toString(16), 'hash');

function report(name, value, unit) {
  if (process.argv.includes('--json')) console.log(JSON.stringify({ name, value, unit }));
  else console.log(`${name.padEnd(36)} ${unit === 'rows/s' ? `${(value / 1e6).toFixed(1)} M` : value} ${unit}`);
}

/** `run()` pushes every frame and drops what comes out; `rows()` gives what comes out. */
function stageRunner(group, { run: userFunction, out = ROW_SCHEMA }, compileFunction) {
  const form = group.split('/')[0];
  const stage = new ClosureStage(
    {
      kind: 'closure',
      stage: { kind: 'closure', form, uid: form, name: form, functionId: 0, outSchema: out },
      operator: { id: 1, name: form },
      inSchema: ROW_SCHEMA,
      outSchema: out,
    },
    [userFunction],
    compileFunction,
  );
  const drain = (take) => {
    for (const { frame } of batches) {
      stage.push(frame);
      while (stage.output !== undefined) {
        take(stage.output);
        stage.next();
      }
    }
  };
  const names = Object.keys(out);
  return {
    run: () => drain(() => undefined),
    rows() {
      const rows = [];
      drain(({ bytes }) => {
        const reader = new engineRoom.FrameReader(bytes.slice());
        for (let row = 0; row < reader.rows; row++) rows.push(names.map((_, at) => reader.row(row)[at]));
      });
      return rows;
    },
  };
}

function handRunner({ byHand, out: schema = ROW_SCHEMA }) {
  const out = [];
  const names = Object.keys(schema);
  return {
    run() {
      for (const { rows } of batches) {
        out.length = 0;
        byHand(rows, out);
      }
    },
    rows() {
      return batches.flatMap(({ rows }) => {
        out.length = 0;
        byHand(rows, out);
        return out.map((row) => names.map((name) => row[name]));
      });
    },
  };
}

/** Every variant must make the same rows; an i64 column may be given as a number. */
function compareRows(name, variants, at) {
  const text = (_, value) => (typeof value === 'bigint' ? Number(value) : value);
  const texts = Object.entries(variants).map(([variant, runners]) => [
    variant,
    JSON.stringify(runners[at].rows(), text),
  ]);
  const [[, wanted]] = texts;
  for (const [variant, found] of texts) if (found !== wanted) throw new Error(`${name}: ${variant} gives other rows`);
  for (let index = 0; index < wanted.length; index++) hash = (Math.imul(hash, 31) + wanted.charCodeAt(index)) | 0;
}

function makeBatches(count) {
  let state = 12345;
  const random = (bound) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const airports = Array.from({ length: AIRPORTS }, (_, index) => `A-${index}`);
  const names = Object.keys(ROW_SCHEMA);
  const builder = new engineRoom.FrameBuilder(schemaRoom.schemaTypeCodes(ROW_SCHEMA));
  let date = Date.UTC(2001, 0, 1);
  return Array.from({ length: count }, () => {
    const rows = Array.from({ length: FRAME_ROWS }, () => {
      date += random(20_000);
      return {
        date,
        distance: random(30_000) / 10,
        taxi: 1 + random(40),
        // one flight in fifty was cancelled
        delay: random(50) === 0 ? null : BigInt(random(200) - 30),
        origin: airports[random(AIRPORTS)],
        destination: airports[random(AIRPORTS)],
      };
    });
    const columns = names.map((name) => ({ values: rows.map((row) => row[name]) }));
    const bytes = builder.build(FRAME_ROWS, columns);
    return { rows, frame: { ptr: 0, bytes, rows: FRAME_ROWS, channel: 0, late: false } };
  });
}
