// What tests of whole jobs share: tables as the text of `--json`, hashes, waiting for a middle.
import { createHash } from 'node:crypto';
import type { JobHandle } from '../../src/api/index.ts';
import { sinksOf } from '../../src/plan/index.ts';
import type { Schema, TypeName } from '../../src/schema/index.ts';
import { tableJson } from '../../src/table/index.ts';

/** Every table of the job as lines of JSON in key order, in chunks. */
export async function tableTexts(handle: JobHandle): Promise<Readonly<Record<string, Iterable<string>>>> {
  const { vertices } = await handle.graph();
  const texts: Record<string, Iterable<string>> = {};
  for (const { spec } of vertices.flatMap((vertex) => sinksOf(vertex))) {
    if (spec.kind !== 'table') continue;
    const table = handle.table(spec.name);
    const columns = await table.columns();
    const schema: Schema = Object.fromEntries(
      columns.map(({ name, type }) => [name, { type: type as TypeName, nullable: true as const }]),
    );
    texts[spec.name] = tableJson({ schema, frames: await table.frames() });
  }
  return texts;
}

export async function tablesAsJson(handle: JobHandle): Promise<Readonly<Record<string, string>>> {
  const texts = await tableTexts(handle);
  return Object.fromEntries(Object.entries(texts).map(([name, chunks]) => [name, [...chunks].join('')]));
}

/** SHA-256 of what `--json` prints for a job with one table. */
export async function tableHash(handle: JobHandle): Promise<string> {
  const hash = createHash('sha256');
  for (const chunks of Object.values(await tableTexts(handle))) for (const text of chunks) hash.update(text);
  return hash.digest('hex');
}

/** Settles when so many rows have been read, by what the slots report; rejects when the job ends before. */
export async function rowsReadPast(handle: JobHandle, rows: number): Promise<void> {
  let stop = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const ended = (): void => reject(new Error(`the job ended before ${rows} rows were seen`));
      handle.done.then(ended, reject);
      void handle.observe((status) => status.rowsRead >= rows && resolve()).then((given) => (stop = given));
    });
  } finally {
    stop();
  }
}
