/**
 * A small parquet writer for tests: flat columns, one or several row groups, PLAIN or dictionary pages, v1 or v2,
 * uncompressed or compressed by the caller. It exists because the tests need files that no writer makes on purpose.
 */
type Thrift =
  | { readonly i32: number }
  | { readonly i64: number | bigint }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  | { readonly list: readonly Thrift[] }
  | { readonly struct: Readonly<Record<number, Thrift | undefined>> };

export interface MakeColumn {
  readonly name: string;
  /** 0 BOOLEAN, 1 INT32, 2 INT64, 5 DOUBLE, 6 BYTE_ARRAY */
  readonly type: 0 | 1 | 2 | 5 | 6;
  readonly optional?: boolean;
  readonly converted?: number;
  readonly logical?: Thrift;
  readonly repeated?: boolean;
  readonly dictionary?: boolean;
  readonly version?: 1 | 2;
  readonly pageRows?: number;
  readonly codec?: { readonly id: number; readonly compress: (bytes: Uint8Array) => Uint8Array };
  readonly min?: bigint;
  readonly values: readonly (boolean | number | bigint | string | null)[];
}

/** The file's bytes; every column has as many values, cut into row groups of `groupRows`. */
export function makeParquet(columns: readonly MakeColumn[], groupRows = Infinity): Uint8Array<ArrayBuffer> {
  const out: number[] = [...text('PAR1')];
  const rows = columns[0]!.values.length;
  const groups: Thrift[] = [];
  for (let from = 0; from < rows || from === 0; from += Math.min(groupRows, Math.max(1, rows))) {
    const to = Math.min(rows, from + groupRows);
    const chunks = columns.map((column) => writeChunk(out, column, column.values.slice(from, to)));
    groups.push({ struct: { 1: { list: chunks }, 2: { i64: 0 }, 3: { i64: to - from } } });
  }
  const schema: Thrift[] = [{ struct: { 4: { text: 'root' }, 5: { i32: columns.length } } }];
  for (const { name, type, optional, repeated, converted, logical } of columns) {
    const repetition = repeated === true ? 2 : optional === true ? 1 : 0;
    const known = { 1: { i32: type }, 3: { i32: repetition }, 4: { text: name } };
    schema.push({ struct: { ...known, 6: converted === undefined ? undefined : { i32: converted }, 10: logical } });
  }
  const footer: number[] = [];
  write(footer, { struct: { 1: { i32: 1 }, 2: { list: schema }, 3: { i64: rows }, 4: { list: groups } } });
  push(out, footer);
  out.push(footer.length & 255, (footer.length >> 8) & 255, (footer.length >> 16) & 255, 0);
  push(out, text('PAR1'));
  return Uint8Array.from(out);
}

type Values = MakeColumn['values'];

function writeChunk(out: number[], column: MakeColumn, values: Values): Thrift {
  const start = out.length;
  const distinct = [...new Set(values.filter((value) => value !== null))];
  let dataAt = start;
  if (column.dictionary === true) {
    const body = plain(column.type, distinct);
    writePage(out, column, {
      kind: 2,
      levels: [],
      body,
      extra: { 7: { struct: { 1: { i32: distinct.length }, 2: { i32: 0 } } } },
    });
    dataAt = out.length;
  }
  const pageRows = column.pageRows ?? Math.max(1, values.length);
  for (let from = 0; from < values.length; from += pageRows) {
    writeData(out, column, { values: values.slice(from, from + pageRows), distinct });
  }
  const bytes = { i64: out.length - start };
  const statistics: Thrift | undefined =
    column.min === undefined
      ? undefined
      : { struct: { 6: { bytes: new Uint8Array(BigInt64Array.of(column.min).buffer) } } };
  const known = { 1: { i32: column.type }, 2: { list: [{ i32: 0 }] }, 3: { list: [{ text: column.name }] } };
  const sizes = {
    4: { i32: column.codec?.id ?? 0 },
    5: { i64: values.length },
    6: bytes,
    7: bytes,
    9: { i64: dataAt },
  };
  const dictionaryAt = column.dictionary === true ? { i64: start } : undefined;
  return { struct: { 2: { i64: start }, 3: { struct: { ...known, ...sizes, 11: dictionaryAt, 12: statistics } } } };
}

function writeData(
  out: number[],
  column: MakeColumn,
  { values, distinct }: { values: Values; distinct: Values },
): void {
  const present = values.filter((value) => value !== null);
  const marks: number[] = [];
  if (column.optional === true)
    bitPacked(
      marks,
      values.map((value) => (value === null ? 0 : 1)),
      1,
    );
  const width = Math.max(1, Math.ceil(Math.log2(Math.max(2, distinct.length))));
  const body: number[] = [];
  if (column.dictionary === true) {
    body.push(width);
    bitPacked(
      body,
      present.map((value) => distinct.indexOf(value)),
      width,
    );
  } else push(body, plain(column.type, present));
  const encoding = { i32: column.dictionary === true ? 8 : 0 };
  if (column.version === 2) {
    const counts = { 1: { i32: values.length }, 2: { i32: values.length - present.length }, 3: { i32: values.length } };
    const levels = { 5: { i32: marks.length }, 6: { i32: 0 } };
    writePage(out, column, {
      kind: 3,
      levels: marks,
      body,
      extra: { 8: { struct: { ...counts, 4: encoding, ...levels } } },
    });
    return;
  }
  const prefix = column.optional === true ? [marks.length & 255, (marks.length >> 8) & 255, 0, 0, ...marks] : [];
  const header = { 1: { i32: values.length }, 2: encoding, 3: { i32: 3 }, 4: { i32: 3 } };
  push(prefix, body);
  writePage(out, column, { kind: 0, levels: [], body: prefix, extra: { 5: { struct: header } } });
}

interface Page {
  readonly kind: number;
  readonly levels: readonly number[];
  readonly body: readonly number[];
  readonly extra: Readonly<Record<number, Thrift>>;
}

function writePage(out: number[], { codec }: MakeColumn, { kind, levels, body, extra }: Page): void {
  const packed = codec === undefined ? body : [...codec.compress(Uint8Array.from(body))];
  const sizes = { 2: { i32: levels.length + body.length }, 3: { i32: levels.length + packed.length } };
  write(out, { struct: { 1: { i32: kind }, ...sizes, ...extra } });
  push(out, levels);
  push(out, packed);
}

function plain(type: MakeColumn['type'], values: Values): number[] {
  const out: number[] = [];
  if (type === 0) {
    for (let row = 0; row < values.length; row += 8) {
      out.push(
        values.slice(row, row + 8).reduce<number>((byte, value, bit) => byte | ((value === true ? 1 : 0) << bit), 0),
      );
    }
    return out;
  }
  for (const value of values) {
    if (type === 1) push(out, new Uint8Array(Int32Array.of(Number(value)).buffer));
    else if (type === 2) push(out, new Uint8Array(BigInt64Array.of(BigInt(value ?? 0)).buffer));
    else if (type === 5) push(out, new Uint8Array(Float64Array.of(Number(value)).buffer));
    else {
      const bytes = text(String(value));
      push(out, new Uint8Array(Int32Array.of(bytes.length).buffer));
      push(out, bytes);
    }
  }
  return out;
}

function bitPacked(out: number[], values: readonly number[], width: number): void {
  const groups = Math.ceil(values.length / 8);
  varint(out, BigInt((groups << 1) | 1));
  const bytes = new Array<number>(groups * width).fill(0);
  values.forEach((value, index) => {
    for (let bit = 0; bit < width; bit++) {
      const at = index * width + bit;
      bytes[at >> 3]! |= ((value >> bit) & 1) << (at & 7);
    }
  });
  push(out, bytes);
}

function write(out: number[], value: Thrift): void {
  if ('i32' in value) varint(out, zigzag(BigInt(value.i32)));
  else if ('i64' in value) varint(out, zigzag(BigInt(value.i64)));
  else if ('text' in value || 'bytes' in value) {
    const bytes = 'text' in value ? text(value.text) : value.bytes;
    varint(out, BigInt(bytes.length));
    push(out, bytes);
  } else if ('list' in value) {
    const kind = value.list.length === 0 ? 12 : kindOf(value.list[0]!);
    if (value.list.length < 15) out.push((value.list.length << 4) | kind);
    else {
      out.push(0xf0 | kind);
      varint(out, BigInt(value.list.length));
    }
    for (const item of value.list) write(out, item);
  } else if ('struct' in value) {
    let last = 0;
    for (const [key, field] of Object.entries(value.struct)) {
      if (field === undefined) continue;
      out.push(((Number(key) - last) << 4) | kindOf(field));
      last = Number(key);
      if (!('bool' in field)) write(out, field);
    }
    out.push(0);
  }
}

function kindOf(value: Thrift): number {
  if ('bool' in value) return value.bool ? 1 : 2;
  if ('i32' in value) return 5;
  if ('i64' in value) return 6;
  if ('list' in value) return 9;
  return 'struct' in value ? 12 : 8;
}

const zigzag = (value: bigint): bigint => (value < 0n ? -value * 2n - 1n : value * 2n);

function varint(out: number[], value: bigint): void {
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function push(out: number[], bytes: ArrayLike<number>): void {
  for (let index = 0; index < bytes.length; index++) out.push(bytes[index]!);
}
