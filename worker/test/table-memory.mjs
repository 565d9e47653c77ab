// Measures what reading a large table takes at the edge: `node worker/test/table-memory.mjs`, on Linux. route-delays runs
// over the flights in workerd; the table is read over HTTP at the job's end, with both engines still in the process, and
// twice from a workerd that was started anew. Seconds, and resident bytes of the process before and at its peak.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { serve } from '../../tools/serve.mjs';
import { jobAt, startEdge } from './edge.mjs';
import { FLIGHTS } from './flights.mjs';

const MIB = 2 ** 20;
const processId = () =>
  execFileSync('pgrep', ['-P', String(process.pid), 'workerd'], { encoding: 'utf8' })
    .trim()
    .split('\n')[0];
const residentBytes = (name) =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${processId()}/status`, 'utf8'))[1]) * 1024;

const server = await serve({ port: 0, data: { '/flights.parquet': FLIGHTS } });
const edge = await startEdge();
try {
  const job = jobAt(edge, 'route-delays');
  const url = `${server.url.replace('localhost', '127.0.0.1')}flights.parquet`;
  await job.post('/start', { inputs: { flights: url } });
  await job.finished(120);
  await read('at the end of the run');
  await edge.kill();
  await job.status();
  for (const which of ['first', 'second']) await read(`started anew, ${which} time`);

  async function read(when) {
    writeFileSync(`/proc/${processId()}/clear_refs`, '5'); // the peak begins anew
    const before = residentBytes('VmRSS');
    const start = performance.now();
    const { rows, sha256 } = await job.table('route_delays');
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    const [mibBefore, mibPeak] = [before, residentBytes('VmHWM')].map((bytes) => Math.round(bytes / MIB));
    console.log(
      `${when}: ${rows} rows in ${seconds} s; ${mibBefore} MiB, at the peak ${mibPeak} (${sha256.slice(0, 8)})`,
    );
  }
} finally {
  await edge.stop();
  await server.close();
}
