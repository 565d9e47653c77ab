/**
 * Looks at a file that nobody has described: which columns it has, of which types, which is likely its event time,
 * and the binding that reads it so. For files that are dropped on a page or named without a schema.
 */
import { inferSchema } from '../formats/index.ts';
import { blobSource } from '../platform/index.ts';
import type { Schema } from '../schema/index.ts';
import { bindingForFile, csv, ndjson } from './bindings.ts';
import type { InputBinding } from './contract.ts';
import { parquetColumns } from './parquet.ts';

export interface InspectedFile {
  /** What an input of the file can declare, wholly or in part. Empty when nothing was recognised. */
  readonly schema: Schema;
  /** The likeliest event time; undefined when there is no column of times. */
  readonly timeColumn: string | undefined;
  /** Reads the file with the delimiter and units of time that were found. */
  readonly binding: InputBinding;
}

/** Bytes of a text file that are looked at: some thousand rows. */
const SAMPLE_BYTES = 1 << 18;

/**
 * `name` decides the format by its ending. Parquet tells its columns itself; those of CSV and NDJSON are inferred from
 * the file's beginning. Rejects INPUT_INVALID for an ending that nobody reads, and what is wrong with a Parquet file.
 */
export async function inspectFile(name: string, file: Blob): Promise<InspectedFile> {
  const binding = bindingForFile(name, file);
  if (binding.connector === 'parquet') {
    const columns = await parquetColumns(blobSource(name, file), name);
    const schema: Schema = Object.fromEntries(
      columns.map((column) => [column.name, { type: column.type, nullable: true }]),
    );
    return { schema, timeColumn: columns.find(({ type }) => type === 'timestamp')?.name, binding };
  }
  const isCsv = binding.connector === 'csv';
  const bytes = new Uint8Array(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
  const found = inferSchema(bytes, isCsv ? 'csv' : 'ndjson', { isWhole: file.size <= SAMPLE_BYTES });
  const { schema, timeColumn, units, delimiter } = found;
  return { schema, timeColumn, binding: isCsv ? csv(file, { units, delimiter }) : ndjson(file, { units }) };
}
