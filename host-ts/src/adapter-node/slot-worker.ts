/**
 * The first module of a slot's worker thread: imports the job, then serves the coordinator's messages.
 * What fails here ends the thread, which the coordinator sees as the slot's exit.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { buildJob } from '../api/index.ts';
import { keptOpen, remoteStorage } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { FromSlot, ToSlot } from '../control/index.ts';
import { channelOpener } from '../exchange/index.ts';
import type { Port } from '../exchange/index.ts';
import { Slot } from '../slot/index.ts';
import { FileCheckpointStorage } from './file-checkpoint-storage.ts';
import { importJob } from './job-module.ts';
import { nodePlatform } from './node-platform.ts';

/** How the slot reaches the checkpoint storage. */
export type StorageAccess =
  { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'port'; readonly port: Port };

/** What the spawner hands to a new thread. */
export interface SlotWorkerData {
  readonly sluice: 'slot';
  readonly slot: number;
  readonly jobModule: string;
  readonly storage: StorageAccess;
}

const port = parentPort;
const data = workerData as SlotWorkerData;
if (port === null || data.sluice !== 'slot') throw new TypeError('slot-worker.ts runs as a worker of the spawner only');

const definition = await importJob(data.jobModule);
const post = (message: FromSlot, transfer: readonly object[] = []): void =>
  port.postMessage(message, transfer as ArrayBuffer[]);
const platform = nodePlatform((line) => post({ type: 'log', slot: data.slot, line }));
const storage = openStorage(data.storage);
const slot = new Slot({
  platform,
  post,
  openStorage: async () => keptOpen(storage),
  openChannels: channelOpener(platform.timers),
  buildJob: (_, parameters) => buildJob(definition, parameters),
  connectors: standardConnectors,
});
port.on('message', (message: ToSlot) => slot.receive(message));
slot.hello();

function openStorage(access: StorageAccess): CheckpointStorage {
  return access.kind === 'folder' ? new FileCheckpointStorage(access.folder) : remoteStorage(access.port);
}
