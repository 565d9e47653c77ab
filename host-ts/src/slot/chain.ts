/**
 * A chain at work: frames go through its stages and out, watermarks and barriers follow them.
 *
 * Every piece of work is a generator that yields where it cannot go on (no credit on the way
 * out) and is taken up again there: the mailbox loop never blocks, and the engine's borrowed
 * output frames stay valid because nothing else runs on this chain in between.
 */
import { invariant } from '../base/index.ts';
import type { FrameRef, StageRunner } from './stage.ts';
import type { ChainOutput } from './chain-output.ts';

/** Yields when blocked; returns when done. */
export type Work = Generator<void, void, void>;

export class Chain {
  readonly #stages: readonly StageRunner[];
  readonly #output: ChainOutput;
  #watermark: bigint;
  #current: Work | undefined;

  constructor(stages: readonly StageRunner[], output: ChainOutput, watermarkMin: bigint) {
    this.#stages = stages;
    this.#output = output;
    this.#watermark = watermarkMin;
  }

  get watermark(): bigint {
    return this.#watermark;
  }

  get stages(): readonly StageRunner[] {
    return this.#stages;
  }

  get output(): ChainOutput {
    return this.#output;
  }

  /** True while a piece of work has not come to its end. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Begins a piece of work; `advance` carries it on. */
  begin(work: Work): void {
    invariant(this.#current === undefined, 'a chain was given work while it had some');
    this.#current = work;
  }

  /** Goes on with the current work; true when it is finished, false when it is blocked. */
  advance(): boolean {
    if (this.#current === undefined) return true;
    if (this.#current.next().done !== true) return false;
    this.#current = undefined;
    return true;
  }

  /** A frame for the first stage. */
  *frame(frame: FrameRef): Work {
    yield* this.#push(0, frame);
  }

  /** All rows up to this event time have come: fires what it closes and tells downstream. */
  *raise(watermark: bigint): Work {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    for (let index = 0; index < this.#stages.length; index++) {
      this.#stages[index]?.watermark(watermark);
      yield* this.#drain(index);
    }
    yield* this.flush();
    while (!this.#output.watermark(watermark)) yield;
  }

  /** Nothing comes for a while: downstream shall not wait for this chain's watermark. */
  *idle(): Work {
    yield* this.flush();
    while (!this.#output.idle()) yield;
  }

  /** Sends on what the stages have gathered into open frames. */
  *flush(): Work {
    for (let index = 0; index < this.#stages.length; index++) {
      this.#stages[index]?.flush();
      yield* this.#drain(index);
    }
  }

  /**
   * Passes the barrier: everything before it has left, `snapshot` freezes the state, and the
   * barrier goes on before the state is written.
   */
  *barrier(epoch: number, snapshot: () => void): Work {
    yield* this.flush();
    snapshot();
    while (!this.#output.barrier(epoch)) yield;
  }

  *#push(index: number, frame: FrameRef): Work {
    const stage = this.#stages[index];
    if (stage === undefined || frame.late) {
      while (!this.#output.frame(frame)) yield;
      return;
    }
    stage.push(frame);
    yield* this.#drain(index);
  }

  *#drain(index: number): Work {
    const stage = this.#stages[index];
    if (stage === undefined) return;
    for (let out = stage.output; out !== undefined; out = stage.output) {
      yield* this.#push(index + 1, out);
      stage.next();
    }
  }
}
