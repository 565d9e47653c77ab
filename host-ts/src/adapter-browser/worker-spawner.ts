/** The coordinator's spawner in a page: asks the page for workers and talks to them directly. */
import { serveStorage } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import type { FromSlot, SlotLinkEvents, Spawner } from '../control/index.ts';
import { createMessagePlan, createRingPlan } from '../exchange/index.ts';
import type { Port } from '../exchange/index.ts';
import type { StorageAccess, ToPage, WorkerExit } from './worker-messages.ts';

export interface WorkerSpawnerInit {
  /** To the page, which makes and ends the workers. */
  readonly workers: MessagePort;
  readonly channels: 'ring' | 'message';
  /** The name of an IndexedDB that slots open themselves, or a storage of this worker. */
  readonly storage: { readonly idb: string } | { readonly served: CheckpointStorage };
}

export function workerSpawner({ workers, channels, storage }: WorkerSpawnerInit): Spawner {
  const spawned = new Map<number, Spawned>();
  let ids = 0;
  /** Nobody is at the other end of its ports any more. */
  const forget = (id: number): Spawned | undefined => {
    const found = spawned.get(id);
    spawned.delete(id);
    found?.close();
    return found;
  };
  workers.onmessage = ({ data }: MessageEvent<WorkerExit>) => forget(data.id)?.events.exit(data.reason);
  const ask = (message: ToPage, transfer: Transferable[]): void => workers.postMessage(message, transfer);
  return {
    channelKind: channels,
    spawn(slot, events) {
      const id = ++ids;
      const { port1: own, port2: control } = new MessageChannel();
      own.onmessage = ({ data }: MessageEvent<FromSlot>) => events.message(data);
      const { access, close } = accessTo(storage);
      spawned.set(id, {
        events,
        close() {
          own.close();
          close();
        },
      });
      const ports = access.kind === 'port' ? [control, access.port] : [control];
      ask({ type: 'spawn', id, slot, control, storage: access }, ports);
      return {
        post: (message, transfer = []) => own.postMessage(message, transfer as Transferable[]),
        kill() {
          forget(id);
          ask({ type: 'kill', id }, []);
        },
      };
    },
    channelPlan(edges, parallelism) {
      const options = { edges, parallelism };
      return channels === 'ring' ? createRingPlan(options) : createMessagePlan(options, newPorts);
    },
  };
}

interface Spawned {
  readonly events: SlotLinkEvents;
  close(): void;
}

function accessTo(storage: WorkerSpawnerInit['storage']): {
  readonly access: StorageAccess;
  readonly close: () => void;
} {
  if ('idb' in storage) return { access: { kind: 'idb', name: storage.idb }, close: () => undefined };
  const { port1, port2 } = new MessageChannel();
  return { access: { kind: 'port', port: port2 }, close: serveStorage(storage.served, port1 as Port) };
}

function newPorts(): readonly [Port, Port] {
  const { port1, port2 } = new MessageChannel();
  return [port1 as Port, port2 as Port];
}
