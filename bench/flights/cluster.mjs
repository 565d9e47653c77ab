// Runs jobs with the real coordinator and real slots in worker threads. The threads outlive a job, so that no figure holds the
// start of a thread or the first, slow run of its code.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { framesConnector, openGate } from './frames.mjs';
import { JOBS } from './jobs.mjs';
import { abi, adapterNode, api, checkpoint, connectors, coordinator, exchange } from './rooms.mjs';

export class Cluster {
  #threads;
  #run = 0;

  constructor(slots) {
    this.#threads = Array.from(
      { length: slots },
      (_, slot) => new Worker(new URL('./slot-thread.mjs', import.meta.url), { workerData: { slot } }),
    );
  }

  /** Settles when all threads have loaded their code. */
  async ready() {
    await Promise.all(this.#threads.map((thread) => once(thread, 'message')));
  }

  /**
   * One job from its start to its last epoch. `input`: `{ binding, splitCount }` of a Parquet file, or `{ frames }`. Gives seconds
   * (frames: since they were all in memory), the busiest slot's CPU seconds, metrics, rows out of the window, and the table's frames.
   */
  async run({ job, sink, slots, input }) {
    const run = ++this.#run;
    const gate = new SharedArrayBuffer(8);
    const parameters = { sink };
    const built = api.buildJob(JOBS[job], parameters);
    const platform = adapterNode.nodePlatform();
    const disk = new checkpoint.MemoryCheckpointStorage();
    const registry = registryFor(input, gate);
    const served = [];
    const spawner = {
      channelKind: 'ring',
      spawn: (slot, events) => this.#link(run, slot, events, { job, input, gate, disk, served }),
      channelPlan: (edges, parallelism) => exchange.createRingPlan({ edges, parallelism }),
    };
    const running = new coordinator.Coordinator({
      built,
      platform,
      spawner,
      storage: disk,
      slotStorage: null,
      registry,
      inputs: { flights: input.frames ? { connector: 'frames', options: null } : input.binding },
      parameters,
      parallelism: slots,
      checkpointIntervalMs: 60_000,
      resume: false,
      memoryBytesMax: 0,
      batchRows: abi.FRAME_ROWS_MAX,
      restartsMax: 0,
    });
    let start = performance.now();
    await running.start();
    if (input.frames) start = await openGate(gate, slots);
    const { metrics } = await running.done;
    const seconds = (performance.now() - start) / 1000;
    const cpuSeconds = Math.max(...(await Promise.all(served.map((stop) => stop()))));
    const frames = sink === 'table' ? await running.results.table('result').table.frames() : [];
    const schema = sink === 'table' ? running.results.table('result').table.schema : undefined;
    return { seconds, cpuSeconds, metrics, frames, schema, rowsOut: rowsOutOf(metrics, built.graph) };
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #link(run, slot, events, { job, input, gate, disk, served }) {
    const thread = this.#threads[slot];
    const { port1: control, port2: theirs } = new MessageChannel();
    const { port1: storage, port2: storagePort } = new MessageChannel();
    checkpoint.serveStorage(disk, storage);
    control.on('message', (message) => events.message(message));
    served.push(async () => {
      storage.close();
      control.postMessage({ type: 'close' });
      const [{ cpuSeconds }] = await once(thread, 'message');
      control.close();
      return cpuSeconds;
    });
    const frames = input.frames;
    thread.postMessage(
      { run, job, gate, frames, splitCount: input.splitCount, control: theirs, storage: storagePort },
      [theirs, storagePort],
    );
    return {
      post: (message, transfer = []) => control.postMessage(message, transfer),
      kill: () => undefined, // the thread serves the next job
    };
  }
}

export function registryFor({ frames, splitCount }, gate, beforeReady) {
  if (frames) return { frames: framesConnector(frames, gate, beforeReady) };
  return {
    parquet: async (binding, context) =>
      head(await connectors.standardConnectors.parquet(binding, context), splitCount),
  };
}

/** The connector with only the first splits of its input. */
function head(connector, splitCount) {
  const enumerate = async () => {
    const { fingerprint, splits } = await connector.enumerate();
    return { fingerprint, splits: splits.slice(0, splitCount) };
  };
  return {
    replayable: connector.replayable,
    enumerate,
    openSplit: (split, position, engine) => connector.openSplit(split, position, engine),
    close: () => connector.close(),
  };
}

function rowsOutOf(metrics, graph) {
  const last = graph.vertices.at(-1).id;
  return metrics.subtasks.filter(({ vertex }) => vertex === last).reduce((sum, { rowsOut }) => sum + rowsOut, 0);
}
