// Suite `flights`: both jobs over the flights, in rows of input per second, every variant in turn within a round.
//
//   <job>/parquet              the file's pages to frames, one thread, nothing else
//   <job>/end-to-end/2-slots   from the file to the job's table, by the real coordinator and two slots
//   <job>/engine/N-slot(s)     from frames in the engine's memory to rows that a blackhole drops: key hashing, exchange, state and
//                              emission, up to the published last epoch
//   <job>/js-rows              the reference's loop over prebuilt row objects;  js-columns  a loop by hand over typed columns
//
// Every variant must give as many rows as the others; before the rounds the tables of both jobs are compared with the
// references' rows, by hash.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Cluster, registryFor } from './cluster.mjs';
import { makeFrames, readSplit } from './frames.mjs';
import { JOBS } from './jobs.mjs';
import { adapterNode, api, engine as engineRoom, table } from './rooms.mjs';

const FILE = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
/** Until V8 has compiled what runs often. */
const WARM_UP_ROUNDS = 3;
const binding = { connector: 'parquet', location: { kind: 'path', path: FILE }, options: null };

export async function flights({ rounds, tiny, figures, only, cpu }) {
  const splitCount = tiny ? 2 : 11;
  const plain = new Worker(new URL('./plain-thread.mjs', import.meta.url), { workerData: { splitCount } });
  const [{ rowCount }] = await once(plain, 'message');
  const ask = async (message) => {
    plain.postMessage(message);
    return (await once(plain, 'message'))[0];
  };
  const cluster = new Cluster(2);
  await cluster.ready();
  const variants = new Map();
  for (const job of Object.keys(JOBS)) {
    for (const { name, run } of await variantsOf({ job, splitCount, cluster, ask }))
      variants.set(`${job}/${name}`, run);
    if (only !== undefined && !job.includes(only)) continue;
    const expected = await check({ job, cluster, splitCount, ask });
    figures.hash(`flights/${job}`, expected.sha256);
    figures.expect(job, expected.rowsOut);
  }
  for (let round = tiny ? 0 : -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [name, run] of variants) {
      if (only !== undefined && !name.includes(only)) continue;
      const { seconds, cpuSeconds, rowsOut } = await run();
      const wanted = figures.expected(name.split('/')[0]);
      if (rowsOut !== undefined && wanted !== undefined && rowsOut !== wanted) {
        throw new Error(`${name} gave ${rowsOut} rows instead of ${wanted}`);
      }
      if (round >= 0) figures.add(name, rowCount / (cpu ? cpuSeconds : seconds), cpu ? 'rows/cpu-s' : 'rows/s');
    }
  }
  await cluster.close();
  await plain.terminate();
}

async function variantsOf({ job, splitCount, cluster, ask }) {
  const platform = adapterNode.nodePlatform();
  const { inSchema: schema } = api.buildJob(JOBS[job], { sink: 'blackhole' }).graph.vertices[0];
  const frames = await makeFrames({ binding, splitCount, schema, platform });
  const engine = engineRoom.Engine.create(await platform.engineModule(), { memoryBytesMax: 0 });
  const onFrames = (slots) => () => cluster.run({ job, sink: 'blackhole', slots, input: { frames } });
  return [
    { name: 'parquet', run: () => convert({ engine, schema, splitCount, platform }) },
    {
      name: 'end-to-end/2-slots',
      run: () => cluster.run({ job, sink: 'table', slots: 2, input: { binding, splitCount } }),
    },
    { name: 'engine/1-slot', run: onFrames(1) },
    { name: 'engine/2-slots', run: onFrames(2) },
    { name: 'js-rows', run: () => ask({ name: `${job}/js-rows` }) },
    { name: 'js-columns', run: () => ask({ name: `${job}/js-columns` }) },
  ];
}

async function convert({ engine, schema, splitCount, platform }) {
  const context = { platform, inputName: 'flights', schema, timeColumn: 'date', userFunction: undefined };
  const before = process.threadCpuUsage();
  const start = performance.now();
  const connector = await registryFor({ splitCount }).parquet(binding, context);
  for (const split of (await connector.enumerate()).splits) await readSplit(connector, split, engine, () => undefined);
  await connector.close();
  const { user, system } = process.threadCpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** The job's table, as the command line prints it, against the reference's rows. */
async function check({ job, cluster, splitCount, ask }) {
  const { frames, schema } = await cluster.run({ job, sink: 'table', slots: 2, input: { binding, splitCount } });
  const hash = createHash('sha256');
  for (const text of table.tableJson({ schema, frames })) hash.update(text);
  const sha256 = hash.digest('hex');
  const reference = await ask({ name: `${job}/js-rows`, hash: true });
  if (sha256 !== reference.sha256)
    throw new Error(`${job}: the table ${sha256} is not the reference's ${reference.sha256}`);
  return { sha256, rowsOut: reference.rowsOut };
}
