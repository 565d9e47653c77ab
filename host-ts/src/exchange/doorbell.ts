/**
 * Doorbells: how a slot's loop sleeps and is woken.
 *
 * A ring between two looks is never lost: a bell counts rings, and `wait` compares the count with
 * the one of the last wake-up. The loop looks at its channels after a wake-up, so whatever was rung
 * for before is seen, and whatever is rung for later makes the next `wait` return at once.
 *
 *   one bell in shared memory (64 B, one cache line per slot)
 *   +0 i32 rings so far   +4 i32 1 while the slot sleeps   +8 … 0
 */
import type { Timers } from '../platform/index.ts';
import type { Doorbell } from './channel.ts';

export const BELL_BYTES = 64;
const RINGS = 0;
const ASLEEP = 1;
/** Looks at the count before sleeping: about the time of one wake-up by notify is worth it. */
const SPINS = 200;
/** Without Atomics.waitAsync the bell is looked at this often. */
const POLL_MS = 1;

/** A doorbell that can be given up; then it never calls back again. */
export interface OwnedDoorbell extends Doorbell {
  close(): void;
}

/** Within one thread: `wait` is served by the thread's own task queue. */
export function localDoorbell(timers: Timers): OwnedDoorbell {
  let rung = false;
  let closed = false;
  let waiter: (() => void) | undefined;
  const wake = (): void => {
    const callback = waiter;
    if (callback === undefined || closed) return;
    waiter = undefined;
    rung = false;
    callback();
  };
  return {
    ring() {
      if (rung) return;
      rung = true;
      if (waiter !== undefined) timers.soon(wake);
    },
    wait(callback) {
      waiter = callback;
      if (rung) timers.soon(wake);
    },
    close() {
      closed = true;
      waiter = undefined;
    },
  };
}

/** The bell of another slot: it can only be rung. */
export function remoteBell(bells: SharedArrayBuffer, slot: number): { ring(): void } {
  const words = new Int32Array(bells, slot * BELL_BYTES, BELL_BYTES >> 2);
  return { ring: () => ringWords(words) };
}

/** This slot's bell in shared memory. `waitAsync` can be withheld to test the poll. */
export function sharedDoorbell(
  bells: SharedArrayBuffer,
  slot: number,
  timers: Timers,
  waitAsync: typeof Atomics.waitAsync | undefined = Atomics.waitAsync,
): OwnedDoorbell {
  const words = new Int32Array(bells, slot * BELL_BYTES, BELL_BYTES >> 2);
  let seen = Atomics.load(words, RINGS);
  let closed = false;
  const rung = (): boolean => Atomics.load(words, RINGS) !== seen;
  const spun = (): boolean => {
    for (let spin = 0; spin < SPINS; spin++) if (rung()) return true;
    return false;
  };
  const sleep = (wake: () => void): void => {
    if (waitAsync === undefined) {
      const poll = (): void => {
        if (closed || rung()) wake();
        else timers.after(POLL_MS, poll);
      };
      timers.after(POLL_MS, poll);
      return;
    }
    const waiting = waitAsync(words, RINGS, seen);
    if (waiting.async) void waiting.value.then(wake);
    else timers.soon(wake);
  };
  return {
    ring: () => ringWords(words),
    wait(callback) {
      const wake = (): void => {
        Atomics.store(words, ASLEEP, 0);
        seen = Atomics.load(words, RINGS);
        if (!closed) callback();
      };
      if (spun()) {
        timers.soon(wake);
        return;
      }
      // the flag first, then the comparison inside `sleep`: a ring in between is seen by one of both
      Atomics.store(words, ASLEEP, 1);
      sleep(wake);
    },
    close() {
      if (closed) return;
      closed = true;
      ringWords(words); // frees a pending waitAsync
    },
  };
}

function ringWords(words: Int32Array): void {
  Atomics.add(words, RINGS, 1);
  if (Atomics.load(words, ASLEEP) !== 0) Atomics.notify(words, RINGS);
}
