// A thread with the rows as JavaScript objects and as typed columns, for the loops that Sluice is compared with. It is a thread of
// its own so that three million objects burden only the loops that want them.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { computeLateFlights } from '../../demo/jobs/late-flights.reference.mjs';
import { compareKeys, readSplits } from '../../demo/jobs/reference-rows.mjs';
import { computeRouteDelays } from '../../demo/jobs/route-delays.reference.mjs';
import { lateFlightsColumns, routeDelaysColumns } from './plain-columns.mjs';

const rows = [];
for await (const split of readSplits()) {
  rows.push(split);
  if (rows.length === workerData.splitCount) break;
}
const airports = [
  ...new Set(rows.flatMap((split) => split.flatMap(({ origin, destination }) => [origin, destination]))),
].sort(compareKeys);
const numberOf = new Map(airports.map((code, index) => [code, index]));
const columns = rows.map((split) => ({
  rows: split.length,
  date: Float64Array.from(split, ({ date }) => date),
  delay: Int32Array.from(split, ({ delay }) => delay ?? 0),
  hasDelay: Uint8Array.from(split, ({ delay }) => Number(delay !== null)),
  origin: Uint16Array.from(split, ({ origin }) => numberOf.get(origin)),
  destination: Uint16Array.from(split, ({ destination }) => numberOf.get(destination)),
}));

const LOOPS = {
  'late-flights/js-rows': () => counted(computeLateFlights(rows)),
  'late-flights/js-columns': () => lateFlightsColumns(columns, airports.length),
  'route-delays/js-rows': () => counted(computeRouteDelays(rows)),
  'route-delays/js-columns': () => routeDelaysColumns(columns, airports.length),
};

function counted(result) {
  return { rows: result.length, sum: result.reduce((sum, { flights }) => sum + flights, 0), result };
}

parentPort.on('message', ({ name, hash }) => {
  const before = process.threadCpuUsage();
  const start = performance.now();
  const { rows: rowsOut, sum, result } = LOOPS[name]();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.threadCpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  parentPort.postMessage({ seconds, cpuSeconds, rowsOut, sum, sha256: hash ? sha256Of(result) : undefined });
});
parentPort.postMessage({ rowCount: rows.reduce((sum, split) => sum + split.length, 0) });

function sha256Of(result) {
  const hash = createHash('sha256');
  for (const row of result) hash.update(`${JSON.stringify(row)}\n`);
  return hash.digest('hex');
}
