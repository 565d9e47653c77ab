/**
 * The two loops of closures, plain and generated, beside a model that knows rows as objects: random frames of every
 * type, nulls, late rows, empty frames, results in every shape, errors; and names of columns that look like source.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { errorToData } from '../base/index.ts';
import { FrameBuilder, FrameReader } from '../engine/index.ts';
import type { ClosureTaskPlan } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import { bool, f64, i32, i64, schemaTypeCodes, timestamp, utf8 } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';
import { ClosureStage } from './closure-stage.ts';
import type { Form } from './row-loop.ts';
import type { RowView } from './row-view.ts';

type Row = Readonly<Record<string, RowValue>>;
type Run = (row: RowView) => unknown;

const compile: Platform['compileFunction'] = (parameters, body) =>
  // oxlint-disable-next-line typescript/no-implied-eval -- what the homes that compile source do
  new Function(...parameters, body) as (...args: never[]) => unknown;
const LOOPS = { plain: undefined, driver: compile } as const;

const SCHEMA: Schema = {
  flag: bool(),
  small: i32(),
  wide: i64(),
  real: f64(),
  at: timestamp(),
  text: utf8(),
  key: utf8(),
};

function stageOf(form: Form, run: Run, init: { in?: Schema; out?: Schema; loop: keyof typeof LOOPS }): ClosureStage {
  const inSchema = init.in ?? SCHEMA;
  const outSchema = form === 'filter' ? inSchema : (init.out ?? inSchema);
  const plan = {
    kind: 'closure',
    stage: { kind: 'closure', form, uid: 'u', name: 'mine', functionId: 0, outSchema },
    operator: { id: 1, name: 'mine' },
    inSchema,
    outSchema,
  } as unknown as ClosureTaskPlan;
  return new ClosureStage(plan, [run], LOOPS[init.loop]);
}

interface Frame {
  readonly rows: readonly Row[];
  readonly late: readonly bigint[] | undefined;
  readonly bytes: Uint8Array;
}

function frameOf(schema: Schema, rows: readonly Row[], late?: readonly bigint[]): Frame {
  const columns = Object.keys(schema).map((name) => ({ values: rows.map((row) => row[name] ?? null) }));
  const lateColumn = late && BigInt64Array.from(late);
  const bytes = new FrameBuilder(schemaTypeCodes(schema)).build(rows.length, columns, undefined, lateColumn);
  return { rows, late, bytes };
}

type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const TEXTS = ['', 'SEA', 'Zürich', '東京', '🛫', 'a text of more than a few bytes', '\ufeffmarked'];

function randomFrame(random: Random, rowsMax: number): Frame {
  const nullsIn10 = [0, 0, 2, 10][random(4)]!;
  const texts = [3, TEXTS.length, 100_000][random(3)]!;
  const count = random(6) === 0 ? 0 : 1 + random(rowsMax);
  const text = (): string => (texts > TEXTS.length ? `t${random(texts)}` : TEXTS[random(texts)]!);
  const value = <T extends RowValue>(made: T): T | null => (random(10) < nullsIn10 ? null : made);
  const rows = Array.from({ length: count }, () => ({
    flag: value(random(2) === 1),
    small: value(random(2 ** 32) - 2 ** 31),
    wide: value((BigInt(random(2 ** 32)) << BigInt(random(32))) - 2n ** 40n),
    real: value([random(1000) / 8, Number.NaN, -0, Infinity][random(8)] ?? 0.5),
    at: value(random(2 ** 32) * 500 - 2 ** 35),
    text: value(text()),
    key: value(`k${random(5)}`),
  }));
  const late = random(2) === 0 ? Array.from({ length: count }, () => BigInt(random(3) * 1000)) : undefined;
  return frameOf(SCHEMA, rows, late);
}

/** Output rows with their split's watermark; or the error. */
interface Outcome {
  readonly rows: readonly (readonly [bigint, ...RowValue[]])[];
  readonly error: string | undefined;
}

interface Frames {
  readonly frames: readonly Uint8Array[];
}

function outcomeOf(stage: ClosureStage, frames: readonly Frame[]): Outcome & Frames {
  const rows: [bigint, ...RowValue[]][] = [];
  const outputs: Uint8Array[] = [];
  try {
    for (const {
      bytes,
      rows: { length },
    } of frames) {
      // memory that is written to as soon as the stage has let go of the frame, as an engine's is
      const memory = bytes.slice();
      stage.push({ ptr: 0, bytes: memory, rows: length, channel: 0, late: false });
      for (let output = stage.output; output !== undefined; output = stage.output) {
        memory.fill(0xff);
        outputs.push(output.bytes.slice());
        const reader = new FrameReader(outputs.at(-1)!);
        assert.equal(reader.rows, output.rows);
        assert.ok(output.rows > 0 && output.rows <= FRAME_ROWS_MAX);
        for (let row = 0; row < reader.rows; row++) rows.push([reader.late?.[row] ?? 0n, ...reader.row(row)]);
        stage.next();
      }
    }
    return { rows, error: undefined, frames: outputs };
  } catch (error) {
    const { code, message } = errorToData(error);
    return { rows, error: `${code}: ${message}`, frames: outputs };
  }
}

/** Says the first difference only: a comparison of thousands of rows in one would take minutes to explain. */
function assertSame(found: Outcome & Frames, wanted: Outcome & Frames, what: string): void {
  assert.equal(found.error, wanted.error, what);
  for (const [at, row] of wanted.rows.entries()) assert.deepEqual(found.rows[at], row, `${what}, row ${at}`);
  assert.equal(found.rows.length, wanted.rows.length, what);
  assert.equal(found.frames.length, wanted.frames.length, what);
  for (const [at, frame] of wanted.frames.entries()) {
    assert.equal(Buffer.compare(found.frames[at]!, frame), 0, `${what}: bytes of frame ${at}`);
  }
}

/** What a function over frames means, for functions without errors. */
function model(form: Form, run: Run, out: Schema, frames: readonly Frame[]): Outcome {
  const columns = Object.entries(out);
  const rows = frames.flatMap(({ rows: inputs, late }) =>
    inputs.flatMap((input, at) => {
      const result = run({ ...input });
      const results =
        form === 'filter' ? (result === true ? [input] : []) : form === 'map' ? [result] : [...(result as [])];
      return results.map((row): [bigint, ...RowValue[]] => [
        late?.[at] ?? 0n,
        ...columns.map(([name, { type }]) => {
          const value = (row as Row)[name] ?? null;
          return type === 'i64' && typeof value === 'number' ? BigInt(value) : value;
        }),
      ]);
    }),
  );
  return { rows, error: undefined };
}

const OUT: Schema = { at: timestamp(), n: i64(), x: f64(), s: utf8(), b: bool(), i: i32() };

const FUNCTIONS: readonly (readonly [Form, Schema, Run])[] = [
  ['filter', SCHEMA, (row) => row['flag'] === true],
  ['filter', SCHEMA, ({ wide, text }) => wide !== null && (text as string | null)?.length !== 3],
  ['filter', SCHEMA, () => true],
  ['filter', SCHEMA, () => false],
  ['map', SCHEMA, (row) => ({ ...row })],
  ['map', SCHEMA, (row) => (row['flag'] === true ? row : { key: Object.keys(row).join() })],
  ['map', OUT, ({ at, wide, ...rest }) => ({ at, n: wide, s: JSON.stringify(Object.keys(rest)) })],
  ['map', OUT, ({ small, real }) => ({ n: small, x: real, b: real === null ? undefined : Number(real) > 1, i: 7 })],
  ['map', OUT, (row) => ({ s: `${String(row['text'])}/${String(row['key'])}`, i: row['small'], x: row['at'] })],
  ['flatMap', OUT, ({ at, key }) => [{ at, s: key }, { at }, { s: key }]],
  ['flatMap', OUT, ({ flag, at }) => (flag === true ? [{ at }] : [])],
  [
    'flatMap',
    OUT,
    function* (row) {
      yield { s: row['text'] };
      // read behind a stop: the view must be where it was
      if (row['flag'] === true) for (let i = 0; i < 3; i++) yield { n: row['wide'], s: row['key'], i };
    },
  ],
  ['flatMap', OUT, ({ key }) => new Set([{ s: key }, { s: 'x' }])],
  ['flatMap', OUT, ({ key }) => Object.assign([{ s: 'not this' }], { [Symbol.iterator]: () => [{ s: key }].values() })],
];

for (const [index, [form, out, run]] of FUNCTIONS.entries()) {
  test(`${form} ${index}: both loops give the model's rows, in the same frames`, () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = randomOf(seed * 1000 + index);
      const frames = Array.from({ length: 1 + random(12) }, () =>
        randomFrame(random, seed === 1 ? FRAME_ROWS_MAX : 150),
      );
      const expected = model(form, run, out, frames);
      const plain = outcomeOf(stageOf(form, run, { out, loop: 'plain' }), frames);
      const driver = outcomeOf(stageOf(form, run, { out, loop: 'driver' }), frames);
      assertSame({ ...plain, frames: [] }, { ...expected, frames: [] }, `plain loop, seed ${seed}`);
      assertSame(driver, plain, `driver, seed ${seed}`);
    }
  });
}

/** A function that goes wrong where `small` is 77. */
const at77 =
  (wrong: (row: RowView) => unknown, otherwise: unknown): Run =>
  (row) =>
    row['small'] === 77 ? wrong(row) : otherwise;
const fail = (): never => {
  throw new RangeError('not this one');
};

const ERRORS: readonly (readonly [string, Form, Run])[] = [
  ['CLOSURE_THREW', 'filter', at77(fail, true)],
  ['CLOSURE_THREW', 'map', at77(fail, {})],
  ['CLOSURE_THREW', 'flatMap', at77(fail, [])],
  [
    'CLOSURE_THREW',
    'map',
    at77(
      () => ({
        get n() {
          return fail();
        },
      }),
      {},
    ),
  ],
  [
    'CLOSURE_THREW',
    'flatMap',
    at77(
      function* () {
        yield {};
        fail();
      },
      [{}, {}],
    ),
  ],
  ['CLOSURE_THREW', 'flatMap', at77(() => ({ [Symbol.iterator]: fail }), [{}])],
  [
    'CLOSURE_THREW',
    'map',
    at77((row) => {
      (row as { small: number }).small = 1;
      return {};
    }, {}),
  ],
  ['CLOSURE_RESULT', 'filter', at77(() => 'yes', false)],
  ['CLOSURE_RESULT', 'map', at77(() => [], 5)],
  ['CLOSURE_RESULT', 'map', at77(() => null, {})],
  ['CLOSURE_RESULT', 'flatMap', at77(() => [{}, undefined], [{}])],
  ['CLOSURE_RESULT', 'flatMap', at77(() => 'rows', [])],
  ['CLOSURE_RESULT', 'flatMap', at77(() => ({}), new Set())],
  ...(
    [
      { at: '2020' },
      { at: 0.5 },
      { at: 2 ** 60 },
      { at: Number.NaN },
      { n: 2n ** 63n },
      { n: -(2n ** 63n) - 1n },
      { n: true },
      { x: 1n },
      { s: 5 },
      { s: {} },
      { b: 1 },
      { i: 2 ** 31 },
      { i: 0.5 },
      { i: Symbol('i') },
    ] as const
  ).map((wrong): readonly [string, Form, Run] => ['CLOSURE_RESULT', 'map', at77(() => wrong, { at: 1 })]),
];

for (const [index, [code, form, run]] of ERRORS.entries()) {
  test(`error ${index}: both loops stop at the same row with the same ${code}`, () => {
    const frames = [300, 4000].map((count) =>
      frameOf(
        SCHEMA,
        Array.from({ length: count }, (_, row) => ({
          small: count === 4000 && row === 2777 ? 77 : row % 50,
          key: 'k',
        })),
      ),
    );
    const plain = outcomeOf(stageOf(form, run, { out: OUT, loop: 'plain' }), frames);
    assert.match(
      plain.error ?? '',
      new RegExp(
        `^${code}: .*operator 'mine'.* row ${code === 'CLOSURE_RESULT' && index === 8 ? 0 : 3077} of its input`,
      ),
    );
    assertSame(outcomeOf(stageOf(form, run, { out: OUT, loop: 'driver' }), frames), plain, code);
  });
}

const HOSTILE = [
  '"];globalThis.sluiceHacked = 1;//',
  "'];globalThis.sluiceHacked = 1;//",
  '`${globalThis.sluiceHacked = 1}`',
  '*/globalThis.sluiceHacked = 1;/*',
  '\\"];globalThis.sluiceHacked = 1;//',
  'a\nglobalThis.sluiceHacked = 1;\n',
  '\u2028globalThis.sluiceHacked = 1;\u2029',
  '\ud800',
  '__proto__',
  'constructor',
  'result',
  'this',
  '</script>',
  'row view',
];

test('names of columns are data, whatever they look like', () => {
  const schema: Schema = Object.fromEntries(HOSTILE.map((name) => [name, i64()]));
  const rows = [0, 1, 2].map((row): Row =>
    Object.fromEntries(HOSTILE.map((name, at) => [name, BigInt(row * 100 + at)])),
  );
  const frames = [frameOf(schema, rows)];
  const doubled: Run = (row) =>
    Object.fromEntries(HOSTILE.map((name): [string, bigint] => [name, (row[name] as bigint) * 2n]));
  for (const [form, run] of [
    ['map', doubled],
    ['flatMap', (row: RowView) => [doubled(row)]],
    ['filter', (row: RowView) => row['__proto__'] !== 108n],
  ] as const) {
    const plain = outcomeOf(stageOf(form, run, { in: schema, loop: 'plain' }), frames);
    const expected = form === 'filter' ? [rows[0]!, rows[2]!] : rows;
    const times = form === 'filter' ? 1n : 2n;
    assert.deepEqual(
      plain.rows,
      expected.map((row) => [0n, ...HOSTILE.map((name) => (row[name] as bigint) * times)]),
    );
    assertSame(outcomeOf(stageOf(form, run, { in: schema, loop: 'driver' }), frames), plain, form);
  }
  assert.equal('sluiceHacked' in globalThis, false);
});

test('a stage compiles one loop, with a text of its own', () => {
  const sources: string[] = [];
  const counted: Platform['compileFunction'] = (parameters, body) => {
    sources.push(body);
    return compile(parameters, body);
  };
  const plan = {
    kind: 'closure',
    stage: { kind: 'closure', form: 'map', uid: 'u', name: 'mine', functionId: 0, outSchema: SCHEMA },
    operator: { id: 1, name: 'mine' },
    inSchema: SCHEMA,
    outSchema: SCHEMA,
  } as unknown as ClosureTaskPlan;
  for (let time = 0; time < 2; time++) {
    const stage = new ClosureStage(plan, [(row: RowView) => row], counted);
    assert.equal(outcomeOf(stage, [randomFrame(randomOf(3), 50), randomFrame(randomOf(4), 50)]).error, undefined);
  }
  assert.equal(sources.length, 2);
  assert.notEqual(sources[0], sources[1]);
});
