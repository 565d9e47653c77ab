// What the fragments of the guide may take for granted; tools/docs/examples.test.mjs puts it before each of them.
import * as sluice from 'sluice';
import * as connectors from 'sluice/connectors';

const { job, input, generator, collection, col, lit, caseWhen, coalesce } = sluice;
const { avg, count, countDistinct, max, min, sum, tumble, hop } = sluice;
const { ms, seconds, minutes, hours, days, bool, i32, i64, f64, timestamp, utf8, required } = sluice;
const { print, callback, collect, toFile, blackhole } = sluice;
const { parquet, csv, ndjson, rows } = connectors;

const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  distance: i64(),
  origin: utf8(),
  destination: utf8(),
});
declare const env: sluice.Env;
declare const handle: sluice.JobHandle;
declare const lateFlights: sluice.JobDefinition;
declare const file: File;
declare const readable: ReadableStream<Uint8Array>;
const stream = env.source(flights).watermarks({ column: 'date', outOfOrder: minutes(60) });
