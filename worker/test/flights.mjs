// The flights as bodies of CSV rows, made once per process: columns are read from Parquet, nothing of Sluice is used.
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { FLIGHTS } from '../../demo/jobs/reference-rows.mjs';

export { FLIGHTS };
export const FLIGHT_COUNT = 3_000_000;
const BODY_CHARS = 1_000_000;
const HEADER = 'date,delay,distance,origin,destination\n';

let made;

/** About a hundred bodies of about a megabyte, in the flights' order, each with the header line. */
export function flightBodies() {
  made ??= makeBodies();
  return made;
}

async function makeBodies() {
  const bodies = [];
  let text = HEADER;
  for await (const { rows, columns } of rowGroups()) {
    const [date, ...rest] = columns;
    for (let row = 0; row < rows; row++) {
      text += Math.floor(Number(date[row]) / 1000);
      for (const column of rest) text += ',' + String(column[row]);
      text += '\n';
      if (text.length < BODY_CHARS) continue;
      bodies.push(Buffer.from(text));
      text = HEADER;
    }
  }
  bodies.push(Buffer.from(text));
  return bodies;
}

/** The columns of one row group after the other, in the header's order; times in µs. */
async function* rowGroups() {
  const file = await asyncBufferFromFile(FLIGHTS);
  const metadata = await parquetMetadataAsync(file);
  const names = HEADER.trim().split(',');
  const parsers = { timestampFromMicroseconds: (micros) => micros };
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const columns = names.map(() => []);
    const onChunk = ({ columnName, columnData, rowStart: from }) => {
      const column = columns[names.indexOf(columnName)];
      for (let at = 0; at < columnData.length; at++) column[from - rowStart + at] = columnData[at];
    };
    const rowEnd = rowStart + rows;
    await parquetRead({ file, metadata, compressors, parsers, columns: names, rowStart, rowEnd, onChunk });
    yield { rows, columns };
    rowStart = rowEnd;
  }
}

/** Sends all bodies as one producer, body i to partition i mod `partitions`, and ends the input. */
export async function sendFlights(job, partitions, bodies) {
  bodies ??= await flightBodies();
  const producers = Array.from({ length: partitions }, async (_, partition) => {
    for (let at = partition, seq = 0; at < bodies.length; at += partitions, seq++) {
      const query = `?partition=${partition}&producer=test&epoch=1&seq=${seq}`;
      for (;;) {
        const answer = await job.rows('flights', bodies[at], { type: 'text/csv', query });
        await answer.text();
        if (answer.ok) break;
        if (answer.status < 500) throw new Error(`rows: ${answer.status}`);
      }
    }
    await job.end('flights', `?partition=${partition}`);
  });
  await Promise.all(producers);
}
