/**
 * The workers of a job: one per slot, made when missing, replaced when lost. Messages of a worker
 * that has been replaced or dismissed are not heard any more.
 *
 * A worker that owes a sign of life (it is coming up, or has been deployed) and gives none for
 * HEARTBEAT_TIMEOUT_MS is taken for dead. Silence is counted in ticks, not read from a clock: after
 * a machine has slept only one tick has passed.
 */
import { HEARTBEAT_TIMEOUT_MS } from '../base/index.ts';
import type { FromSlot, SlotLink, Spawner, ToSlot } from '../control/index.ts';
import type { Timers, Transferable } from '../platform/index.ts';

const TICKS_MAX = 3;
const TICK_MS = HEARTBEAT_TIMEOUT_MS / TICKS_MAX;

interface Worker {
  readonly link: SlotLink;
  ready: boolean;
  /** Ticks without a message; undefined while the worker owes none. */
  silentTicks: number | undefined;
}

export interface WorkerPoolEvents {
  message(slot: number, message: FromSlot): void;
  /** A worker is gone that was neither dismissed nor replaced. */
  lost(slot: number, reason: string): void;
}

export class WorkerPool {
  readonly #spawner: Spawner;
  readonly #timers: Timers;
  readonly #events: WorkerPoolEvents;
  readonly #workers = new Map<number, Worker>();
  #tick: (() => void) | undefined;

  constructor(spawner: Spawner, timers: Timers, events: WorkerPoolEvents) {
    this.#spawner = spawner;
    this.#timers = timers;
    this.#events = events;
  }

  /** Makes the missing workers and dismisses those too many; returns the slots that are up already. */
  resize(parallelism: number): readonly number[] {
    for (const slot of Array.from(this.#workers.keys())) if (slot >= parallelism) this.dismiss(slot);
    const up: number[] = [];
    for (let slot = 0; slot < parallelism; slot++) {
      const worker = this.#workers.get(slot);
      if (worker === undefined) this.#spawn(slot);
      else if (worker.ready) up.push(slot);
    }
    this.#watch();
    return up;
  }

  post(slot: number, message: ToSlot, transfer: readonly Transferable[] = []): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined) return;
    if (message.type === 'deploy') worker.silentTicks = 0;
    worker.link.post(message, transfer);
  }

  postAll(message: ToSlot): void {
    for (const slot of this.#workers.keys()) this.post(slot, message);
  }

  /** Ends a worker without hearing of it again. */
  dismiss(slot: number): void {
    const worker = this.#workers.get(slot);
    this.#workers.delete(slot);
    worker?.link.kill();
  }

  dismissAll(): void {
    for (const slot of Array.from(this.#workers.keys())) this.dismiss(slot);
    this.#tick?.();
    this.#tick = undefined;
  }

  /** Kills a worker as a crash would: its loss is reported. */
  kill(slot: number, reason = 'killed by request'): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined) return;
    worker.link.kill();
    this.#gone(slot, worker.link, reason);
  }

  #spawn(slot: number): void {
    const link: SlotLink = this.#spawner.spawn(slot, {
      message: (message) => {
        const worker = this.#workers.get(slot);
        if (worker?.link !== link) return;
        this.#heard(worker, message);
        this.#events.message(slot, message);
      },
      exit: (reason) => this.#gone(slot, link, reason),
    });
    this.#workers.set(slot, { link, ready: false, silentTicks: 0 });
  }

  #heard(worker: Worker, message: FromSlot): void {
    if (message.type === 'ready') {
      worker.ready = true;
      worker.silentTicks = undefined;
    } else if (worker.silentTicks !== undefined) worker.silentTicks = 0;
  }

  #watch(): void {
    this.#tick ??= this.#timers.after(TICK_MS, () => {
      this.#tick = undefined;
      this.#watch();
      this.#countSilence();
    });
  }

  #countSilence(): void {
    for (const [slot, worker] of Array.from(this.#workers)) {
      if (worker.silentTicks === undefined) continue;
      worker.silentTicks += 1;
      if (worker.silentTicks > TICKS_MAX) this.kill(slot, `silent for ${HEARTBEAT_TIMEOUT_MS} ms`);
    }
  }

  #gone(slot: number, link: SlotLink, reason: string): void {
    if (this.#workers.get(slot)?.link !== link) return;
    this.#workers.delete(slot);
    this.#events.lost(slot, reason);
  }
}
