/**
 * Everything that the objects of a job say to each other: one interface per class, in one place.
 *
 *   coordinator ── open, control, alive, close ──► slot      slot ── report, storage, wake ──► coordinator
 *   slot ── push ──► slot                                    slot, coordinator ── describe, read ──► log
 *
 * A link is one tie of a coordinator to a slot; the objects keep the newest they have heard of and refuse older ones.
 * Calls may be repeated or overtaken, so control messages and packets are numbered.
 */
import type { StorageMethod } from '../../host-ts/src/checkpoint/index.ts';
import type { FromSlot, ToSlot } from '../../host-ts/src/control/index.ts';
import type { LogDescription, LogRead } from './log-format.ts';
import type { Outcome } from './outcome.ts';

export interface LinkId {
  /** Raised whenever the coordinator's object begins or goes on with a job. */
  readonly incarnation: number;
  readonly number: number;
}

export interface SlotOpening {
  readonly job: string;
  readonly slot: number;
  readonly link: LinkId;
}

/** A buffer of packets on its way from one slot to another. */
export interface PacketCall {
  /** Which deployment's channels: rises with every attempt. */
  readonly deployment: number;
  readonly edge: number;
  readonly from: number;
  readonly sequence: number;
  readonly buffer: ArrayBuffer;
}

export interface SlotCalls {
  /** Makes a fresh slot for this link; it reports `ready`. */
  open(opening: SlotOpening): Promise<void>;
  control(link: LinkId, sequence: number, messages: readonly ToSlot[]): Promise<void>;
  /** Answered after ALIVE_MS; rejects when the object dies or serves another link. */
  alive(link: LinkId): Promise<void>;
  /** Answered when the buffer has been worked off: this is the credit of the channel. */
  push(call: PacketCall): Promise<void>;
  close(link: LinkId): Promise<void>;
  /** Resets the object as a crash would. */
  crash(): Promise<void>;
}

export interface CoordinatorCalls {
  /** False: this link is not heard any more. */
  report(link: LinkId, slot: number, sequence: number, messages: readonly FromSlot[]): Promise<boolean>;
  storage(method: StorageMethod, args: readonly unknown[]): Promise<Outcome<unknown>>;
  /** Does nothing: being called brings the object back, and it goes on by itself. */
  wake(): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

export interface LogCalls {
  describe(): Promise<LogDescription>;
  /** Bytes from `offset`; waits a while for some when there are none yet. */
  read(offset: number): Promise<Outcome<LogRead>>;
  /** Forgets what lies wholly before `offset` if this is still the log of that id. */
  trim(log: string, offset: number): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

/** Names of the job's objects. Job and input names are the user's, so they are escaped. */
export const slotName = (job: string, slot: number): string => `${encodeURIComponent(job)}/slot-${slot}`;
export const logName = (job: string, input: string, partition: number): string =>
  `${encodeURIComponent(job)}/log/${encodeURIComponent(input)}/${partition}`;

/** True when `a` is a later tie than `b`. */
export function isNewer(a: LinkId, b: LinkId): boolean {
  return a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.number > b.number);
}

export function isSame(a: LinkId, b: LinkId): boolean {
  return a.incarnation === b.incarnation && a.number === b.number;
}
