// Starting in a page, with ports of Node and workers that are played: a start that fails, and a coordinator that is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Comlink from 'comlink';
import { startJob } from './start-job.ts';
import type { CoordinatorStart } from './worker-messages.ts';

/** A worker that keeps its first message, and says whether it was ended. */
class PlayedWorker {
  onerror: ((event: { readonly message: string }) => void) | null = null;
  ended = false;
  readonly first: Promise<unknown>;
  postMessage: (message: unknown) => void = () => undefined;

  constructor() {
    this.first = new Promise((resolve) => (this.postMessage = resolve));
  }

  terminate(): void {
    this.ended = true;
  }
}

test('a coordinator that is lost takes the slots with it', async () => {
  const workers: PlayedWorker[] = [];
  const asked = Promise.withResolvers<PlayedWorker>();
  const starting = startJob('clicks', {
    worker: () => {
      const worker = new PlayedWorker();
      if (workers.push(worker) === 2) asked.resolve(worker);
      return worker as unknown as Worker;
    },
  });
  const { calls, workers: page } = (await workers[0]!.first) as CoordinatorStart;
  Comlink.expose({ started: async () => ({ value: null }), done: () => new Promise(() => undefined) }, calls);
  const handle = await starting;
  const { port1, port2: control } = new MessageChannel();
  page.postMessage({ type: 'spawn', id: 1, slot: 0, control, storage: { kind: 'idb', name: 'x' } }, [control]);
  const slot = await asked.promise;
  workers[0]!.onerror?.({ message: 'out of memory' });
  await assert.rejects(handle.done, { code: 'WORKER_FAILED', message: /out of memory/ });
  assert.deepEqual([workers[0]!.ended, slot.ended], [true, true]);
  for (const port of [calls, page, port1]) port.close();
});

test('a start that cannot be sent ends its worker', async () => {
  let ended = 0;
  const worker = {
    postMessage(message: unknown, transfer: Transferable[]) {
      structuredClone(message, { transfer });
    },
    terminate: () => void (ended += 1),
    onerror: null,
  };
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  await assert.rejects(
    startJob('clicks', {
      worker: () => worker as unknown as Worker,
      inputs: { clicks: { connector: 'ndjson', location: { kind: 'stream', stream }, options: {} } },
    }),
    { name: 'DataCloneError' },
  );
  assert.equal(ended, 1);
});
