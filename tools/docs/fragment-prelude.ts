// What the fragments of the guide may take for granted; tools/docs/examples.test.mjs puts it before each of them. Exported, so that
// a name that no fragment uses is no finding.
import * as sluice from 'sluice';
import * as connectors from 'sluice/connectors';

export const { job, input, generator, collection, col, lit, caseWhen, coalesce } = sluice;
export const { avg, count, countDistinct, max, min, sum, tumble, hop } = sluice;
export const { ms, seconds, minutes, hours, days, bool, i32, i64, f64, timestamp, utf8, required } = sluice;
export const { print, callback, collect, toFile, blackhole } = sluice;
export const { parquet, csv, ndjson, rows } = connectors;

export const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  distance: i64(),
  origin: utf8(),
  destination: utf8(),
});
export declare const env: sluice.Env;
export declare const handle: sluice.JobHandle;
export declare const lateFlights: sluice.JobDefinition;
export declare const file: File;
export declare const readable: ReadableStream<Uint8Array>;
export const stream = env.source(flights).watermarks({ column: 'date', outOfOrder: minutes(60) });
