/** What a home gives a slot. */
import type { Json } from '../base/index.ts';
import type { CarryLimits, CheckpointStorage } from '../checkpoint/index.ts';
import type { ConnectorRegistry } from '../connectors/index.ts';
import type { FromSlot } from '../control/index.ts';
import type { OpenedChannels } from '../exchange/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { Platform, Transferable } from '../platform/index.ts';

export interface SlotDependencies {
  readonly platform: Platform;
  post(message: FromSlot, transfer?: readonly Transferable[]): void;
  openStorage(location: unknown): Promise<CheckpointStorage>;
  openChannels(plan: unknown): OpenedChannels;
  /** Runs the builder of one of the registered jobs with the parameters of its start. */
  buildJob(name: string, parameters: Json): BuiltJob;
  readonly connectors: ConnectorRegistry;
  /** Pieces of work in one slice of the step loop; unset = bounded by time alone. */
  readonly piecesMax?: number;
  readonly metricsEveryMs?: number;
  /** When live records are carried over into new values; unset = as base/limits.ts says. */
  readonly carry?: CarryLimits;
  /** Deliberate faults, for the simulator's own tests. */
  readonly faults?: SlotFaults;
}

export interface SlotFaults {
  readonly skipAlignment?: boolean;
  /** State pages that begin at this key group are left out of snapshots. */
  readonly forgetKeyGroup?: number;
  /** Sources go on this many rows behind where they were. */
  readonly seekRowsOff?: number;
}
