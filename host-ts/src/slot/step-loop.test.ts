/** The loop: order, slices, sleeping and waking, failures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STEP_SLICE_MS_MAX } from '../base/index.ts';
import type { Doorbell } from '../exchange/index.ts';
import type { Platform } from '../platform/index.ts';
import { ManualTime } from '../../test/coordinator/manual-time.ts';
import { StepLoop } from './step-loop.ts';
import type { StepResult, Subtask } from './subtask.ts';

class PlayedBell implements Doorbell {
  waiter: (() => void) | undefined;
  waits = 0;

  ring(): void {
    const waiter = this.waiter;
    this.waiter = undefined;
    waiter?.();
  }

  wait(callback: () => void): void {
    this.waits += 1;
    this.waiter = callback;
  }
}

class PlayedSubtask implements Subtask {
  readonly vertex: number;
  readonly #step: (vertex: number) => StepResult;

  constructor(vertex: number, step: (vertex: number) => StepResult) {
    this.vertex = vertex;
    this.#step = step;
  }

  step(): StepResult {
    return this.#step(this.vertex);
  }

  metrics(): never {
    throw new TypeError('not asked for');
  }

  close(): void {}
}

function loopOf(
  steps: readonly ((vertex: number) => StepResult)[],
  over: { readonly piecesMax?: number; readonly background?: () => boolean } = {},
): { readonly loop: StepLoop; readonly time: ManualTime; readonly bell: PlayedBell; readonly failures: unknown[] } {
  const time = new ManualTime();
  const bell = new PlayedBell();
  const failures: unknown[] = [];
  const loop: StepLoop = new StepLoop({
    platform: { clock: time.clock, timers: time.timers } as Platform,
    doorbell: bell,
    subtasks: steps.map((step, vertex) => new PlayedSubtask(vertex, step)),
    background: over.background ?? ((): boolean => false),
    fail: (error, vertex) => {
      failures.push([(error as Error).message, vertex]);
      loop.stop();
    },
    piecesMax: over.piecesMax ?? Number.MAX_SAFE_INTEGER,
  });
  return { loop, time, bell, failures };
}

test('downstream first; each round gives every subtask one piece; then it sleeps until the bell rings', () => {
  const order: number[] = [];
  const left = [2, 1, 1];
  const step = (vertex: number): StepResult => {
    if (left[vertex] === 0) return 'idle';
    left[vertex]! -= 1;
    order.push(vertex);
    return 'worked';
  };
  const { loop, time, bell } = loopOf([step, step, step]);
  loop.wake();
  loop.wake();
  time.pass(0);
  assert.deepEqual(order, [2, 1, 0, 0]);
  assert.equal(bell.waits, 1);
  assert.equal(time.waiting, 0, 'nothing spins');
  left[1] = 1;
  bell.ring();
  time.pass(0);
  assert.deepEqual(order.slice(4), [1]);
});

test('woken while it waits for the bell, it works, and waits on the same bell', () => {
  let left = 0;
  const { loop, time, bell } = loopOf([() => (left-- > 0 ? 'worked' : 'idle')]);
  loop.wake();
  time.pass(0);
  left = 3;
  loop.wake();
  time.pass(0);
  assert.ok(left < 0);
  assert.equal(bell.waits, 1);
});

test('a slice ends after so many pieces or milliseconds, and others run before the next', () => {
  for (const piecesMax of [4, Number.MAX_SAFE_INTEGER]) {
    const seen: string[] = [];
    let left = 12;
    const { loop, time } = loopOf(
      [
        (): StepResult => {
          if (left === 0) return 'idle';
          left -= 1;
          seen.push('piece');
          time.pass(STEP_SLICE_MS_MAX / 4);
          return 'worked';
        },
      ],
      { piecesMax },
    );
    loop.wake();
    time.timers.soon(() => seen.push('other'));
    time.pass(0);
    assert.ok(seen.indexOf('other') <= 5, `others waited for ${seen.indexOf('other')} pieces`);
    time.pass(1_000);
    assert.equal(left, 0);
  }
});

test('background work counts as work: the loop does not sleep over it', () => {
  let left = 3;
  const { loop, time, bell } = loopOf([() => 'idle'], { background: () => left-- > 0 });
  loop.wake();
  time.pass(0);
  assert.ok(left < 0);
  assert.equal(bell.waits, 1);
});

for (const [what, steps, background, vertex] of [
  ['a subtask', [(): StepResult => 'worked', (): StepResult => thrown()], (): boolean => false, 1],
  ['the background', [(): StepResult => 'worked'], (): boolean => thrown(), undefined],
] as const) {
  test(`what ${what} throws is told once, and a stopped loop does nothing more`, () => {
    const { loop, time, bell, failures } = loopOf(steps, { background });
    loop.wake();
    time.pass(1_000);
    assert.deepEqual(failures, [['broken', vertex]]);
    loop.wake();
    bell.ring();
    assert.equal(time.waiting, 0);
  });
}

function thrown(): never {
  throw new Error('broken');
}

test('time is booked as busy, blocked or idle', () => {
  const results: StepResult[] = ['worked', 'blocked', 'idle'];
  const { loop, time, bell } = loopOf([
    (): StepResult => {
      const result = results.shift() ?? 'idle';
      if (result === 'worked') time.pass(5);
      return result;
    },
  ]);
  time.pass(3);
  loop.wake();
  time.pass(0);
  time.pass(7);
  bell.ring();
  time.pass(0);
  const { busyMs, blockedMs, idleMs } = loop.clock(0);
  assert.deepEqual({ busyMs, blockedMs, idleMs }, { busyMs: 5, blockedMs: 7, idleMs: 3 });
});
