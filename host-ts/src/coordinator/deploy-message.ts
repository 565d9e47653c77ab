/** What a slot is told when it is deployed: its part of the attempt, and where the attempt goes on. */
import { recordsForSlot } from '../checkpoint/index.ts';
import type { ChannelPlans, ToSlot } from '../control/index.ts';
import type { Transferable } from '../platform/index.ts';
import type { Attempt } from './attempt.ts';
import type { CoordinatorInit } from './coordinator-init.ts';
import { deployInputs } from './deploy-inputs.ts';
import { firstTime } from './inputs.ts';

export interface Deployment {
  readonly message: ToSlot;
  readonly transfer: readonly Transferable[];
}

export function deployMessage(
  init: CoordinatorInit,
  at: {
    readonly attempt: Attempt;
    readonly slot: number;
    readonly channels: ChannelPlans | undefined;
    readonly paused: boolean;
    readonly paceSpeed: number | null;
  },
): Deployment {
  const { built, inputs, parameters = null, slotStorage, memoryBytesMax, batchRows, platform } = init;
  const { attempt, slot, channels, paused, paceSpeed } = at;
  const { restored, parallelism } = attempt;
  const given = deployInputs(inputs, slot);
  const message: ToSlot = {
    type: 'deploy',
    attempt: attempt.number,
    slot,
    parallelism,
    jobName: built.graph.name,
    parameters,
    graphHash: built.graphHash,
    inputs: given.inputs,
    channels: channels?.plans[slot],
    storage: slotStorage,
    restore: restored && { epoch: restored.epoch, records: recordsForSlot(restored, slot, parallelism) },
    paused,
    pace: { speed: paceSpeed, eventMs: firstTime(attempt.pools), wallMs: platform.clock.now() },
    memoryBytesMax,
    batchRows,
    ...(init.firstCheckpointMs !== undefined && { tellFirstRows: true }),
  };
  return { message, transfer: [...(channels?.transfers[slot] ?? []), ...given.transfer] };
}
