// The spawner in the coordinator's worker, with ports of Node: what a slot used is given back with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryCheckpointStorage } from '../checkpoint/index.ts';
import { workerSpawner } from './worker-spawner.ts';

interface Asked {
  readonly type: string;
  readonly id: number;
  readonly control: MessagePort;
  readonly storage: { readonly port: MessagePort };
}

/** A slot that was asked for, as the page sees it. */
async function spawned() {
  const { port1, port2: page } = new MessageChannel();
  const spawner = workerSpawner({
    workers: port1,
    channels: 'message',
    storage: { served: new MemoryCheckpointStorage() },
  });
  const exits: string[] = [];
  const asked = new Promise<Asked>((resolve) => (page.onmessage = ({ data }) => resolve(data as Asked)));
  const link = spawner.spawn(0, { message: () => undefined, exit: (reason) => exits.push(reason) });
  const { id, control, storage } = await asked;
  const closed = Promise.all([control, storage.port].map((port) => closing(port)));
  return { link, page, id, exits, closed, done: () => page.close() };
}

function closing(port: MessagePort): Promise<void> {
  port.start();
  return new Promise((resolve) => port.addEventListener('close', () => resolve()));
}

test('the ports of a slot that was killed are closed', { timeout: 10_000 }, async () => {
  const { link, closed, done, exits } = await spawned();
  link.kill();
  await closed;
  assert.deepEqual(exits, []);
  done();
});

test('the ports of a worker that ended by itself are closed, and its end is told', { timeout: 10_000 }, async () => {
  const { page, id, closed, done, exits } = await spawned();
  page.postMessage({ type: 'exit', id, reason: 'its module did not load' });
  await closed;
  assert.deepEqual(exits, ['its module did not load']);
  done();
});
