/** The job's tables on standard output: all rows as JSON, or how many there are. */
import type { JobHandle, TableHandle } from '../api/index.ts';
import type { JobGraph } from '../plan/index.ts';
import { sinksOf } from '../plan/index.ts';
import type { Schema, TypeName } from '../schema/index.ts';
import { writeTableJson } from '../table/index.ts';
import { count } from './progress.ts';

/** Writes text; the promise settles when more may be written. */
export type Write = (text: string) => void | Promise<void>;

export function tableNames(graph: JobGraph): readonly string[] {
  return graph.vertices.flatMap((vertex) =>
    sinksOf(vertex).flatMap(({ spec }) => (spec.kind === 'table' ? [spec.name] : [])),
  );
}

/** One JSON object per row, in key order; with several tables each row begins with its table's name. */
export async function printTablesAsJson(handle: JobHandle, write: Write): Promise<void> {
  const names = tableNames(await handle.graph());
  for (const name of names) {
    const table = handle.table(name);
    const source = { schema: await schemaOf(table), frames: table.read() };
    await writeTableJson(source, write, names.length > 1 ? { table: name } : {});
  }
}

export async function printTableCounts(handle: JobHandle, write: Write): Promise<void> {
  for (const name of tableNames(await handle.graph())) {
    await write(`${name}: ${count(await handle.table(name).rowCount())} rows\n`);
  }
}

async function schemaOf(table: TableHandle): Promise<Schema> {
  const columns = await table.columns();
  return Object.fromEntries(
    columns.map(({ name, type }) => [name, { type: type as TypeName, nullable: true as const }]),
  );
}
