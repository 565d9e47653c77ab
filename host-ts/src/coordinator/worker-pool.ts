/**
 * The workers of a job: one per slot, made when missing, replaced when lost. Messages of a worker
 * that has been replaced or dismissed are not heard any more.
 */
import type { FromSlot, SlotLink, Spawner, ToSlot } from '../control/index.ts';
import type { Transferable } from '../platform/index.ts';

interface Worker {
  readonly link: SlotLink;
  ready: boolean;
}

export interface WorkerPoolEvents {
  message(slot: number, message: FromSlot): void;
  /** A worker is gone that was neither dismissed nor replaced. */
  lost(slot: number, reason: string): void;
}

export class WorkerPool {
  readonly #spawner: Spawner;
  readonly #events: WorkerPoolEvents;
  readonly #workers = new Map<number, Worker>();

  constructor(spawner: Spawner, events: WorkerPoolEvents) {
    this.#spawner = spawner;
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
    return up;
  }

  post(slot: number, message: ToSlot, transfer: readonly Transferable[] = []): void {
    this.#workers.get(slot)?.link.post(message, transfer);
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
  }

  /** Kills a worker as a crash would: its loss is reported. */
  kill(slot: number): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined) return;
    worker.link.kill();
    this.#gone(slot, worker.link, 'killed by request');
  }

  #spawn(slot: number): void {
    const link: SlotLink = this.#spawner.spawn(slot, {
      message: (message) => {
        const worker = this.#workers.get(slot);
        if (worker?.link !== link) return;
        if (message.type === 'ready') worker.ready = true;
        this.#events.message(slot, message);
      },
      exit: (reason) => this.#gone(slot, link, reason),
    });
    this.#workers.set(slot, { link, ready: false });
  }

  #gone(slot: number, link: SlotLink, reason: string): void {
    if (this.#workers.get(slot)?.link !== link) return;
    this.#workers.delete(slot);
    this.#events.lost(slot, reason);
  }
}
