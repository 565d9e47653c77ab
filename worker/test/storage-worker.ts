// A Worker that runs the cases of every checkpoint storage inside an object, on its SQLite; storage.test.mjs asks it.
import { DurableObject } from 'cloudflare:workers';
import { STORAGE_CASES } from '../../host-ts/test/conformance/checkpoint-storage.ts';
import type { CheckpointStorage, StorageMethod } from '../../host-ts/src/checkpoint/index.ts';
import type { CoordinatorCalls } from '../src/calls.ts';
import { SqliteCheckpointStorage } from '../src/sqlite-checkpoint-storage.ts';
import { answerStorageCall, calledStorage } from '../src/storage-calls.ts';

/** Holds a storage that other objects call. */
export class Coordinator extends DurableObject {
  readonly #storage = new SqliteCheckpointStorage(this.ctx.storage);

  storage(method: StorageMethod, args: readonly unknown[]): Promise<unknown> {
    return answerStorageCall(this.#storage, method, args);
  }

  async runCase(index: number): Promise<void> {
    await STORAGE_CASES[index]?.run(async () => new SqliteCheckpointStorage(this.ctx.storage));
  }

  /** Publishes epoch 1, then writes into epoch 2 without publishing, and is reset. */
  async publishAndCrash(): Promise<void> {
    const storage = this.#storage;
    await storage.fence(1);
    await storage.putValue(1, 'kept', new Uint8Array(3_000_000).fill(7));
    await storage.publish(1, 1, new TextEncoder().encode('one'));
    void storage.putValue(1, 'lost', new Uint8Array(10));
    this.ctx.abort('crash by request');
  }
}

/** Runs the same cases over calls, as a slot does. */
export class Slot extends DurableObject {
  async runCase(index: number): Promise<void> {
    await STORAGE_CASES[index]?.run(async () => calledStorage(coordinatorOf(this.env, `called ${index}`)));
  }
}

export class Log extends DurableObject {}

function coordinatorOf(env: object, name: string): CoordinatorCalls & Coordinator {
  const { SLUICE_COORDINATOR } = env as { SLUICE_COORDINATOR: { getByName(name: string): unknown } };
  return SLUICE_COORDINATOR.getByName(name) as CoordinatorCalls & Coordinator;
}

async function answer(pathname: string, env: object): Promise<unknown> {
  const [, what, index = ''] = pathname.split('/');
  if (what === 'cases') return STORAGE_CASES.map(({ title }) => title);
  if (what === 'own') return coordinatorOf(env, `own ${index}`).runCase(Number(index));
  if (what === 'called') {
    const { SLUICE_SLOT } = env as { SLUICE_SLOT: { getByName(name: string): Slot } };
    return SLUICE_SLOT.getByName(index).runCase(Number(index));
  }
  await coordinatorOf(env, 'crash')
    .publishAndCrash()
    .catch(() => undefined);
  const storage: CheckpointStorage = calledStorage(coordinatorOf(env, 'crash'));
  const kept = await storage.getValue('kept');
  const manifest = new TextDecoder().decode(await storage.manifest(1));
  return { epochs: await storage.epochs(), manifest, keptBytes: kept.length, isKept: kept.every((byte) => byte === 7) };
}

export default {
  async fetch(request: Request, env: object): Promise<Response> {
    try {
      return Response.json((await answer(new URL(request.url).pathname, env)) ?? 'ok');
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
    }
  },
};
