/** Slots as worker threads of this process, with rings in shared memory (or ports, for comparison and tests). */
import { MessageChannel, Worker } from 'node:worker_threads';
import { serveStorage } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import type { FromSlot, SlotLink, SlotLinkEvents, Spawner } from '../control/index.ts';
import { createMessagePlan, createRingPlan } from '../exchange/index.ts';
import type { Port } from '../exchange/index.ts';
import type { SlotWorkerData } from './slot-worker.ts';

export interface NodeSpawnerInit {
  /** URL of the module whose job the slots run. */
  readonly jobModule: string;
  /** A folder that the slots open themselves, or a storage of this thread that they reach by a port. */
  readonly storage: { readonly folder: string } | { readonly served: CheckpointStorage };
  readonly channels?: 'ring' | 'message';
}

export function nodeSpawner({ jobModule, storage, channels = 'ring' }: NodeSpawnerInit): Spawner {
  return {
    channelKind: channels,
    spawn(slot, events) {
      const access = 'folder' in storage ? { kind: 'folder' as const, folder: storage.folder } : served(storage.served);
      const data: SlotWorkerData = { sluice: 'slot', slot, jobModule, storage: access };
      const transferList = access.kind === 'port' ? [access.port as never] : [];
      const worker = new Worker(new URL('./slot-worker.ts', import.meta.url), {
        workerData: data,
        transferList,
        name: `slot ${slot}`,
        ...threadOptions(process.execArgv),
      });
      return linkTo(worker, events);
    },
    channelPlan(edges, parallelism) {
      const options = { edges, parallelism };
      return channels === 'ring' ? createRingPlan(options) : createMessagePlan(options, newPorts);
    },
  };
}

/**
 * Options of Node for a thread: usually the process's own, by inheritance. After `node --input-type=module -e …`
 * a thread would refuse to start with them, so then only those that load modules are kept.
 */
export function threadOptions(options: readonly string[]): { readonly execArgv?: string[] } {
  if (!options.some((option) => option.startsWith('--input-type'))) return {};
  const execArgv: string[] = [];
  for (let at = 0; at < options.length; at++) {
    if (/^--(?:import|require|conditions)=/.test(options[at]!)) execArgv.push(options[at]!);
    else if (/^(?:--import|--require|-r|--conditions|-C)$/.test(options[at]!))
      execArgv.push(options[at]!, options[++at]!);
  }
  return { execArgv };
}

function linkTo(worker: Worker, events: SlotLinkEvents): SlotLink {
  let reason: string | undefined;
  worker.on('message', (message: FromSlot) => events.message(message));
  worker.on('messageerror', (error) => (reason ??= `a message could not be read: ${String(error)}`));
  worker.on('error', (error) => (reason ??= error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => events.exit(reason ?? `the thread ended with code ${code}`));
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as readonly ArrayBuffer[]),
    kill: () => void worker.terminate(),
  };
}

function served(storage: CheckpointStorage): { readonly kind: 'port'; readonly port: Port } {
  const [own, theirs] = newPorts();
  serveStorage(storage, own);
  (own as unknown as { unref(): void }).unref(); // the threads keep the process alive, not the port
  return { kind: 'port', port: theirs };
}

function newPorts(): readonly [Port, Port] {
  const { port1, port2 } = new MessageChannel();
  return [port1 as unknown as Port, port2 as unknown as Port];
}
