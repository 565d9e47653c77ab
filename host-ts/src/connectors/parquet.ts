/**
 * The parquet connector: row groups are splits, only the wanted columns are read.
 *
 * A split's `timeMin` comes from the row group's statistics; without them nothing fires until the split is read.
 * The fingerprint holds the file's own and a hash of the footer, which names every page's place.
 */
import { parquetMetadata } from 'hyparquet';
import type { ColumnMetaData, FileMetaData, RowGroup, SchemaElement } from 'hyparquet';
import { SluiceError } from '../base/index.ts';
import type { Json } from '../base/index.ts';
import { hashBytes } from '../engine/index.ts';
import type { ByteSource } from '../platform/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { TypeName } from '../schema/index.ts';
import type {
  Connector,
  ConnectorContext,
  Enumeration,
  InputBinding,
  SplitDescription,
  SplitReader,
} from './contract.ts';
import { WordPool } from './column-batch.ts';
import type { ParquetPlace } from './errors.ts';
import { inputUnbound, parquetCorrupt, parquetTruncated, typeMismatch, unknownColumn } from './errors.ts';
import { FrameWriter } from './frame-writer.ts';
import type { EngineMemory } from './frame-writer.ts';
import { decompressorOf } from './parquet-codecs.ts';
import { ParquetColumn } from './parquet-column.ts';
import { ParquetSplitReader } from './parquet-split.ts';
import { conversionOf, describeElement } from './parquet-types.ts';
import type { Conversion } from './parquet-types.ts';

/** Read at once from the end: most footers fit. */
const FOOTER_BYTES = 1 << 16;
const FOOTER_BYTES_MAX = 64 << 20;
const MAGIC = 0x31524150;

interface WantedColumn {
  readonly name: string;
  readonly element: SchemaElement;
  readonly conversion: Conversion;
}

interface Footer {
  readonly metadata: FileMetaData;
  readonly hash: string;
}

export async function parquetConnector(binding: InputBinding, context: ConnectorContext): Promise<Connector> {
  const input = context.inputName;
  if (binding.location === undefined) throw inputUnbound(input, 'has no location', 'bind a path, URL, file or bytes');
  const source = await context.platform.open(binding.location, { tailBytes: FOOTER_BYTES });
  if (!source.seekable || source.byteLength === undefined) {
    await source.close();
    throw inputUnbound(input, 'parquet cannot be read from a stream', 'bind a path, URL, file or bytes');
  }
  try {
    const footer = await readFooter(source, input);
    return guarded({ input }, () => new ParquetConnector(source, footer, context));
  } catch (error) {
    await source.close();
    throw error;
  }
}

class ParquetConnector implements Connector {
  readonly replayable = true;
  readonly #source: ByteSource;
  readonly #footer: Footer;
  readonly #context: ConnectorContext;
  readonly #columns: readonly WantedColumn[];
  readonly #pool = new WordPool();

  constructor(source: ByteSource, footer: Footer, context: ConnectorContext) {
    this.#source = source;
    this.#footer = footer;
    this.#context = context;
    this.#columns = wantedColumns(footer.metadata, context);
  }

  async enumerate(): Promise<Enumeration> {
    const { inputName: input } = this.#context;
    const { metadata, hash } = this.#footer;
    return guarded({ input }, () => ({
      fingerprint: `${this.#source.fingerprint}/${hash}`,
      splits: metadata.row_groups.map((group, index) => this.#describe(group, index)),
    }));
  }

  async openSplit(split: SplitDescription, position: Json, engine: EngineMemory): Promise<SplitReader> {
    const { inputName: input, schema, platform } = this.#context;
    const index = split.index;
    const group = this.#footer.metadata.row_groups[index];
    if (group === undefined) throw parquetCorrupt({ input }, `there is no row group ${index}`);
    const rows = Number(group.num_rows);
    const skip = typeof position === 'number' ? position : 0;
    const columns = guarded({ input, rowGroup: index }, () =>
      this.#columns.map(({ name, element, conversion }) => {
        const place = { input, rowGroup: index, column: name };
        const metadata = chunkOf(group, name);
        if (metadata === undefined) throw parquetCorrupt(place, 'the row group does not have it');
        const optional = element.repetition_type !== 'REQUIRED';
        const { type, codec } = metadata;
        if (type !== element.type) throw parquetCorrupt(place, `${type} is not what the schema says`);
        const column = { type, codec, conversion, optional, pool: this.#pool };
        const decompress = decompressorOf(codec, platform);
        return new ParquetColumn({ source: this.#source, metadata, column, decompress, place, rows, skip });
      }),
    );
    const rest = (): Promise<void> => new Promise((resolve) => platform.timers.soon(resolve));
    const writer = new FrameWriter(engine, schemaTypeCodes(schema));
    return new ParquetSplitReader({ columns, writer, pool: this.#pool, rows, position: skip, rest });
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #describe(group: RowGroup, index: number): SplitDescription {
    const chunks = this.#columns.flatMap(({ name }) => chunkOf(group, name) ?? []);
    const rows = Number(group.num_rows);
    const input = this.#context.inputName;
    if (!(rows >= 0 && rows <= Number.MAX_SAFE_INTEGER)) {
      throw parquetCorrupt({ input, rowGroup: index }, `it has ${rows} rows`);
    }
    const bytes = chunks.reduce((sum, chunk) => sum + Number(chunk.total_compressed_size), 0);
    return { id: `row-group-${index}`, index, timeMin: this.#timeMin(group), rows, bytes, data: null };
  }

  #timeMin(group: RowGroup): number | null {
    const { timeColumn, schema } = this.#context;
    if (timeColumn === undefined) return null;
    const statistics = chunkOf(group, timeColumn)?.statistics;
    const smallest: unknown = statistics?.min_value ?? statistics?.min;
    if (schema[timeColumn]?.type === 'timestamp') return typeof smallest === 'number' ? smallest : null;
    return typeof smallest === 'bigint' ? Number(smallest) : null;
  }
}

/** A footer's values may be of any type: what goes wrong with them is the file's fault. */
function guarded<T>(place: ParquetPlace, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw parquetCorrupt(place, error instanceof Error ? error.message : String(error), error);
  }
}

function chunkOf(group: RowGroup, name: string): ColumnMetaData | undefined {
  return group.columns.find(
    ({ meta_data: data }) => data?.path_in_schema.length === 1 && data.path_in_schema[0] === name,
  )?.meta_data;
}

function wantedColumns(metadata: FileMetaData, { inputName: input, schema }: ConnectorContext): WantedColumn[] {
  const elements = topLevel(metadata.schema);
  return Object.entries(schema).map(([name, { type }]) => {
    const element = elements.find((candidate) => candidate.name === name);
    if (element === undefined) {
      throw unknownColumn(
        input,
        name,
        elements.map((candidate) => candidate.name),
      );
    }
    const conversion = conversionOf(element, type);
    if (conversion === undefined) {
      throw typeMismatch({ input, column: name, wanted: type, found: describeElement(element) });
    }
    return { name, element, conversion };
  });
}

/** The elements right below the root. The list holds the tree in depth-first order. */
function topLevel(schema: readonly SchemaElement[]): SchemaElement[] {
  const found: SchemaElement[] = [];
  for (let at = 1; at < schema.length;) {
    found.push(schema[at]!);
    let open = 1;
    for (; open > 0 && at < schema.length; at++) open += (schema[at]!.num_children ?? 0) - 1;
  }
  return found;
}

const parsers = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => floorDivide(value, 1_000n),
  timestampFromNanoseconds: (value: bigint) => floorDivide(value, 1_000_000n),
  dateFromDays: (days: number) => days * 86_400_000,
};

function floorDivide(value: bigint, divisor: bigint): number {
  return Number((value - (((value % divisor) + divisor) % divisor)) / divisor);
}

async function readFooter(source: ByteSource, input: string): Promise<Footer> {
  const total = source.byteLength ?? 0;
  if (total < 12) throw parquetTruncated(input, `${total} B are no parquet file`, { byteLength: total });
  let tail = await readExactly(source, input, Math.max(0, total - FOOTER_BYTES));
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (view.getUint32(tail.length - 4, true) !== MAGIC) {
    const start = await source.read(0, 4);
    const begins = start.length === 4 && new DataView(start.buffer, start.byteOffset, 4).getUint32(0, true) === MAGIC;
    if (begins) throw parquetTruncated(input, 'the file does not end as a parquet file does', { byteLength: total });
    throw parquetCorrupt({ input }, 'this is no parquet file');
  }
  const footerBytes = view.getUint32(tail.length - 8, true) + 8;
  if (footerBytes > Math.min(total, FOOTER_BYTES_MAX)) {
    throw parquetCorrupt({ input }, `a footer of ${footerBytes} B in a file of ${total} B`);
  }
  if (footerBytes > tail.length) tail = await readExactly(source, input, total - footerBytes);
  const footer = tail.slice(tail.length - footerBytes);
  try {
    const metadata = parquetMetadata(footer.buffer, { parsers: parsers, geoparquet: false });
    if (!Array.isArray(metadata.schema) || metadata.schema.length < 2) throw new Error('it names no columns');
    return { metadata, hash: hashBytes(footer).toString(16).padStart(16, '0') };
  } catch (error) {
    throw parquetCorrupt({ input }, `the footer cannot be read: ${error instanceof Error ? error.message : ''}`, error);
  }
}

/** From `at` to the end of the file. */
async function readExactly(source: ByteSource, input: string, at: number): Promise<Uint8Array> {
  const wanted = (source.byteLength ?? 0) - at;
  const bytes = await source.read(at, wanted);
  if (bytes.length === wanted) return bytes;
  throw parquetTruncated(input, `${bytes.length} B instead of ${wanted} B at byte ${at}`, { at });
}

/** The columns of a file with the types they can be read as, for those who do not know it yet. */
export async function parquetColumns(
  source: ByteSource,
  input: string,
): Promise<readonly { name: string; type: TypeName }[]> {
  const { metadata } = await readFooter(source, input);
  const order: readonly TypeName[] = ['timestamp', 'i32', 'i64', 'f64', 'bool', 'utf8'];
  return topLevel(metadata.schema).flatMap((element) => {
    const type = order.find((candidate) => conversionOf(element, candidate) !== undefined);
    return type === undefined ? [] : [{ name: element.name, type }];
  });
}
