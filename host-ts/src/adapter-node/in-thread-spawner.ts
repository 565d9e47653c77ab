/**
 * Slots in this thread, for jobs that exist only as a value: worker threads can import a module, but
 * a job's functions cannot be sent to them. The slots take turns; messages and channels are the
 * same as between threads, so that nothing is shared by accident.
 */
import { buildJob } from '../api/index.ts';
import type { JobDefinition } from '../api/index.ts';
import { keptOpen } from '../checkpoint/index.ts';
import type { CheckpointStorage } from '../checkpoint/index.ts';
import { standardConnectors } from '../connectors/index.ts';
import type { FromSlot, SlotLinkEvents, Spawner, ToSlot } from '../control/index.ts';
import { channelOpener, createRingPlan } from '../exchange/index.ts';
import type { Platform, Transferable } from '../platform/index.ts';
import { Slot } from '../slot/index.ts';

export interface InThreadSpawnerInit {
  readonly job: JobDefinition;
  readonly platform: Platform;
  readonly storage: CheckpointStorage;
}

export function inThreadSpawner({ job, platform, storage }: InThreadSpawnerInit): Spawner {
  const { timers } = platform;
  return {
    channelKind: 'ring',
    spawn(_slot, events: SlotLinkEvents) {
      let alive = true;
      const send = <Message>(
        message: Message,
        transfer: readonly Transferable[],
        deliver: (copy: Message) => void,
      ): void => {
        const copy = structuredClone(message, { transfer: transfer as ArrayBuffer[] });
        timers.soon(() => {
          if (alive) deliver(copy);
        });
      };
      const slot = new Slot({
        platform,
        post: (message: FromSlot, transfer = []) => send(message, transfer, (copy) => events.message(copy)),
        openStorage: async () => keptOpen(storage),
        openChannels: channelOpener(timers),
        buildJob: (_, parameters) => buildJob(job, parameters),
        connectors: standardConnectors,
      });
      slot.hello();
      return {
        post: (message: ToSlot, transfer = []) => send(message, transfer, (copy) => slot.receive(copy)),
        kill() {
          alive = false;
          slot.close();
        },
      };
    },
    channelPlan: (edges, parallelism) => createRingPlan({ edges, parallelism }),
  };
}
