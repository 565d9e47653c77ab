/** A slot in a Web Worker: control messages come from the coordinator's port. */
import { buildJob } from '../api/index.ts';
import type { JobDefinition } from '../api/index.ts';
import { keptOpen, remoteStorage } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { FromSlot, ToSlot } from '../control/index.ts';
import { channelOpener } from '../exchange/index.ts';
import type { Port } from '../exchange/index.ts';
import { Slot } from '../slot/index.ts';
import { browserPlatform } from './browser-platform.ts';
import { IdbCheckpointStorage } from './idb-checkpoint-storage.ts';
import type { SlotStart, StorageAccess } from './worker-messages.ts';

export function hostSlot(start: SlotStart, jobNamed: (name: string) => JobDefinition): void {
  const { control } = start;
  const post = (message: FromSlot, transfer: readonly object[] = []): void =>
    control.postMessage(message, transfer as Transferable[]);
  const platform = browserPlatform((line) => post({ type: 'log', slot: start.slot, line }));
  const storage = openStorage(start.storage);
  const slot = new Slot({
    platform,
    post,
    openStorage: async () => keptOpen(storage),
    openChannels: channelOpener(platform.timers),
    buildJob: (name, parameters) => buildJob(jobNamed(name), parameters),
    connectors: standardConnectors,
  });
  control.onmessage = ({ data }: MessageEvent<ToSlot>) => slot.receive(data);
  slot.hello();
}

function openStorage(access: StorageAccess): CheckpointStorage {
  if (access.kind === 'port') return remoteStorage(access.port as Port);
  const storage = new IdbCheckpointStorage(access.name);
  storage.warm(); // the first checkpoint is on the way to the first result
  return storage;
}
