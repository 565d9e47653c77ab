// The page's handle: what a call gave is the caller's alone, and a lost worker fails what waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setImmediate as turn } from 'node:timers/promises';
import { remoteHandle } from './remote-handle.ts';
import type { RemoteHandleInit } from './remote-handle.ts';
import type { Outcome } from './worker-messages.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function handleWith(answer: () => Promise<Outcome>, lost: Promise<never> = new Promise<never>(() => undefined)) {
  const remote = { done: () => new Promise<Outcome>(() => undefined), call: answer };
  return remoteHandle({ remote: remote as unknown as RemoteHandleInit['remote'], lost, close: () => undefined });
}

test('what a call gave is not kept for as long as the job lives', async () => {
  const given: WeakRef<object>[] = [];
  const handle = handleWith(async () => {
    const value = { rows: new Uint8Array(1024) };
    given.push(new WeakRef(value));
    return { value };
  });
  for (let call = 0; call < 100; call++) await handle.metrics();
  await turn();
  collectGarbage();
  const kept = given.filter((value) => value.deref() !== undefined).length;
  assert.ok(kept <= 1, `${kept} of ${given.length} results are still in memory`);
});

test('calls that wait when the worker is lost fail, and so do later ones', async () => {
  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined);
  const handle = handleWith(() => new Promise<Outcome>(() => undefined), lost);
  const waiting = handle.status();
  lose(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  await assert.rejects(handle.done, /gone/);
  await assert.rejects(handle.metrics(), /gone/);
});

/** A coordinator's worker with one table of three frames; what was asked of it, in order. */
function readings() {
  const asked: string[] = [];
  let left = 3;
  const remote = {
    done: () => new Promise<Outcome>(() => undefined),
    readStart: async (table: string, options: unknown): Promise<Outcome> => {
      asked.push(`start ${table} ${JSON.stringify(options)}`);
      return { value: 7 };
    },
    readNext: async (reading: number): Promise<Outcome> => {
      asked.push(`next ${reading}`);
      return { value: left-- > 0 ? new Uint8Array([left]) : undefined };
    },
    readEnd: async (reading: number): Promise<void> => void asked.push(`end ${reading}`),
  };
  const init = { remote: remote as unknown as RemoteHandleInit['remote'], lost: new Promise<never>(() => undefined) };
  return { asked, table: remoteHandle({ ...init, close: () => undefined }).table('t') };
}

test('a table is read frame by frame, none before it is asked for, to its end', async () => {
  const { asked, table } = readings();
  const reading = table.read({ limit: 9 });
  await turn();
  assert.deepEqual(asked, []);
  const frames: number[] = [];
  for await (const [byte] of reading) frames.push(byte!);
  assert.deepEqual(frames, [2, 1, 0]);
  assert.deepEqual(asked, ['start t {"limit":9}', 'next 7', 'next 7', 'next 7', 'next 7', 'end 7']);
});

test('a reading that is broken off is ended there too', async () => {
  const { asked, table } = readings();
  for await (const frame of table.read()) if (frame.length > 0) break;
  assert.deepEqual(asked, ['start t undefined', 'next 7', 'end 7']);
});
