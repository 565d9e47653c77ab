// Starting in a page, with ports of Node: what cannot be sent to the coordinator's worker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJob } from './start-job.ts';

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
