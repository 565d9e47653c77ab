/**
 * Random well-typed expressions and rows for the property test: every operation, every type, values near the
 * bounds where overflow, rounding and byte order go wrong.
 */
import fc from 'fast-check';
import type { Expr, Value } from '../../src/expr/index.ts';
import { caseWhen, coalesce, col, lit } from '../../src/expr/index.ts';
import type { TypeName } from '../../src/schema/index.ts';
import { bool, f64, i32, i64, timestamp, utf8 } from '../../src/schema/index.ts';

export const SCHEMA = {
  b: bool(),
  b2: bool(),
  i: i32(),
  i2: i32(),
  l: i64(),
  l2: i64(),
  f: f64(),
  f2: f64(),
  t: timestamp(),
  t2: timestamp(),
  s: utf8(),
  s2: utf8(),
  d: utf8(),
};
/** Columns that are dictionary-encoded in the frames. */
export const DICTIONARIES: ReadonlySet<string> = new Set(['d']);

const COLUMNS: Readonly<Record<TypeName, readonly string[]>> = {
  bool: ['b', 'b2'],
  i32: ['i', 'i2'],
  i64: ['l', 'l2'],
  f64: ['f', 'f2'],
  timestamp: ['t', 't2'],
  utf8: ['s', 's2', 'd', 'd'],
};

const I32: readonly number[] = [0, 1, -1, 2, 7, -13, 1000, 2147483647, -2147483648];
const I64: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  -7n,
  60n,
  4294967296n,
  -2147483649n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const F64: readonly number[] = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1e-300,
  1e300,
  9.3e18,
  -9223372036854775808,
  NaN,
  Infinity,
  -Infinity,
  2147483647.5,
];
const TIMES: readonly bigint[] = [
  0n,
  -1n,
  951782400000n,
  951868799999n,
  -62135596800000n,
  253402300800000n,
  978307200000n,
  8640000000000000n,
  -8640000000000000n,
];
const TEXTS: readonly string[] = [
  '',
  'a',
  'SEA',
  'sea',
  'Ärger',
  'ärger',
  'Ω',
  'ЖЁ',
  'İstanbul',
  '東京',
  '😀',
  '\u{e000}',
  'garbage',
  '12',
  '-9223372036854775808',
  '+7',
  '-1.5e3',
  'nan',
  '-Infinity',
  '2001-01-31T12:00:00.5Z',
  '1969-12-31 23:59+00:30',
  'true',
  'FALSE',
  'a long text that needs more than sixteen bytes',
  'seaSEAsea',
  'é',
];

const rarely = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 3 }, { arbitrary: other, weight: 1 });

export const VALUES: Readonly<Record<TypeName, fc.Arbitrary<NonNullable<Value>>>> = {
  bool: fc.boolean(),
  i32: rarely(fc.integer({ min: -100, max: 100 }), fc.constantFrom(...I32)),
  i64: rarely(fc.bigInt({ min: -1000n, max: 1000n }), fc.constantFrom(...I64)),
  f64: rarely(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.constantFrom(...F64)),
  timestamp: rarely(fc.bigInt({ min: 0n, max: 4102444800000n }), fc.constantFrom(...TIMES)),
  utf8: fc.constantFrom(...TEXTS),
};

/** Columns of `rows` values, about one in six null; some columns without any null. */
export function columnsOf(rows: number): fc.Arbitrary<readonly (readonly Value[])[]> {
  return fc.tuple(
    ...Object.values(SCHEMA).map(({ type }): fc.Arbitrary<readonly Value[]> => {
      const value = VALUES[type];
      const length = { minLength: rows, maxLength: rows };
      return fc.oneof(fc.array(value, length), fc.array(fc.option(value, { freq: 6 }), length));
    }),
  );
}

type Any = Expr<string, unknown>;

const literal = (type: TypeName): fc.Arbitrary<Any> =>
  fc.option(VALUES[type], { freq: 12 }).map((value) => lit(value, { type, nullable: true }));

const leaf = (type: TypeName): fc.Arbitrary<Any> =>
  rarely(
    fc.constantFrom(...COLUMNS[type]).map((name) => col(name)),
    literal(type),
  );

const NUMERIC: readonly TypeName[] = ['i32', 'i64', 'f64'];
const ARITHMETIC = ['add', 'sub', 'mul', 'div', 'mod'] as const;
const ORDERED = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;

/** Expressions whose checked type is `type`, `depth` operations deep at most. */
export function exprOf(type: TypeName, depth: number): fc.Arbitrary<Any> {
  if (depth === 0) return leaf(type);
  const of = (t: TypeName): fc.Arbitrary<Any> => exprOf(t, depth - 1);
  const choice = fc.tuple(of('bool'), of(type), of(type));
  const shared: fc.Arbitrary<Any>[] = [
    leaf(type),
    choice.map(([c, a, b]) => caseWhen(c, a).otherwise(b)),
    fc.tuple(choice, choice).map(([[c, a, b], [c2]]) => caseWhen(c, a).when(c2, b).otherwiseNull()),
    fc.tuple(of(type), of(type)).map(([a, b]) => coalesce(a, b)),
  ];
  return fc.oneof(...shared, ...SPECIFIC[type](of));
}

type Of = (type: TypeName) => fc.Arbitrary<Any>;

function arithmetic(of: Of, types: readonly (readonly [TypeName, TypeName])[]): fc.Arbitrary<Any>[] {
  return types.map(([a, b]) =>
    fc.tuple(fc.constantFrom(...ARITHMETIC), of(a), of(b)).map(([op, x, y]): Any => x[op](y)),
  );
}

const SPECIFIC: Readonly<Record<TypeName, (of: Of) => fc.Arbitrary<Any>[]>> = {
  bool: (of) => [
    ...NUMERIC.flatMap((a) =>
      NUMERIC.map((b) => fc.tuple(fc.constantFrom(...ORDERED), of(a), of(b)).map(([op, x, y]): Any => x[op](y))),
    ),
    ...(['timestamp', 'utf8'] as const).map((t) =>
      fc.tuple(fc.constantFrom(...ORDERED), of(t), of(t)).map(([op, x, y]): Any => x[op](y)),
    ),
    fc.tuple(fc.constantFrom('eq' as const, 'ne' as const), of('bool'), of('bool')).map(([op, x, y]) => x[op](y)),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), of('bool'), of('bool')).map(([op, x, y]) => x[op](y)),
    of('bool').map((x) => x.not()),
    of('utf8').map((x) => x.cast(bool())),
    ...(['bool', 'i32', 'f64', 'utf8'] as const).flatMap((t) => [
      of(t).map((x) => x.isNull()),
      of(t).map((x) => x.isNotNull()),
    ]),
    ...(['startsWith', 'endsWith', 'contains'] as const).map((op) =>
      fc.tuple(of('utf8'), of('utf8')).map(([x, y]) => x[op](y)),
    ),
  ],
  i32: (of) => [
    of('bool').map((x) => x.cast(i32())),
    of('i64').map((x) => x.cast(i32())),
    of('f64').map((x) => x.cast(i32())),
    of('utf8').map((x) => x.cast(i32())),
  ],
  i64: (of) => [
    ...arithmetic(of, [
      ['i32', 'i32'],
      ['i64', 'i32'],
      ['i64', 'i64'],
    ]),
    fc.tuple(of('timestamp'), of('timestamp')).map(([x, y]) => x.sub(y)),
    of('i64').map((x) => x.neg()),
    of('i64').map((x) => x.abs()),
    ...(['bool', 'i32', 'f64', 'timestamp', 'utf8'] as const).map((t) => of(t).map((x) => x.cast(i64()))),
    of('utf8').map((x) => x.length()),
    of('timestamp').map((x) => x.year()),
    of('timestamp').map((x) => x.month()),
    of('timestamp').map((x) => x.day()),
    of('timestamp').map((x) => x.hour()),
    of('timestamp').map((x) => x.minute()),
    of('timestamp').map((x) => x.second()),
    of('timestamp').map((x) => x.millisecond()),
    of('timestamp').map((x) => x.dayOfWeek()),
    of('timestamp').map((x) => x.dayOfYear()),
  ],
  f64: (of) => [
    ...arithmetic(of, [
      ['f64', 'f64'],
      ['f64', 'i64'],
      ['i32', 'f64'],
    ]),
    of('f64').map((x) => x.neg()),
    of('f64').map((x) => x.abs()),
    of('i32').map((x) => x.cast(f64())),
    of('i64').map((x) => x.cast(f64())),
    of('utf8').map((x) => x.cast(f64())),
  ],
  timestamp: (of) => [
    fc.tuple(of('timestamp'), of('i64')).map(([x, y]) => x.add(y)),
    fc.tuple(of('i32'), of('timestamp')).map(([x, y]) => x.add(y)),
    fc.tuple(of('timestamp'), of('i64')).map(([x, y]) => x.sub(y)),
    ...(['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const).map((unit) =>
      of('timestamp').map((x) => x.truncate(unit)),
    ),
    // all 64 bits would leave the calendar's range, where truncation wraps
    of('i32').map((x) => x.cast(timestamp())),
    of('utf8').map((x) => x.cast(timestamp())),
  ],
  utf8: (of) => [
    of('utf8').map((x) => x.lower()),
    ...(['bool', 'i32', 'i64', 'f64', 'timestamp'] as const).map((t) => of(t).map((x) => x.cast(utf8()))),
  ],
};
