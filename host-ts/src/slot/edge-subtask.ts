/**
 * A subtask that is fed by channels: takes what its gate gives and drives its chain with it.
 */
import type { SubtaskMetrics } from '../metrics/index.ts';
import type { Packet } from '../exchange/index.ts';
import type { Chain, Work } from './chain.ts';
import { chainCounters } from './chain-counters.ts';
import type { Arrival, Gate } from './gate.ts';
import type { FrameRef } from './stage.ts';
import type { StepResult, Subtask, SubtaskClock } from './subtask.ts';

export class EdgeSubtask implements Subtask {
  readonly vertex: number;
  readonly #slot: number;
  readonly #chain: Chain;
  readonly #gate: Gate;
  readonly #freeze: (epoch: number) => void;
  #rowsIn = 0;

  constructor(init: {
    readonly vertex: number;
    readonly slot: number;
    readonly chain: Chain;
    readonly gate: Gate;
    /** Called at the barrier, with everything before it processed. */
    readonly freeze: (epoch: number) => void;
  }) {
    this.vertex = init.vertex;
    this.#slot = init.slot;
    this.#chain = init.chain;
    this.#gate = init.gate;
    this.#freeze = init.freeze;
  }

  step(): StepResult {
    if (!this.#chain.busy) {
      const arrival = this.#gate.next();
      if (arrival === undefined) return 'idle';
      if (arrival.kind === 'frame') this.#chain.begin(this.#consume(arrival));
      else if (arrival.kind === 'watermark') this.#chain.begin(this.#chain.raise(arrival.watermark));
      else if (arrival.kind === 'idle') this.#chain.begin(this.#chain.idle());
      else this.#chain.begin(this.#pass(arrival.epoch));
    }
    return this.#chain.advance() ? 'worked' : 'blocked';
  }

  metrics(clock: SubtaskClock): SubtaskMetrics {
    return {
      vertex: this.vertex,
      slot: this.#slot,
      ...chainCounters(this.#chain, clock),
      rowsIn: this.#rowsIn,
      bytesIn: this.#gate.receivedBytes,
      skippedRows: 0,
    };
  }

  close(): void {
    this.#gate.close();
    this.#chain.output.close();
    for (const stage of this.#chain.stages) stage.close();
  }

  *#consume(arrival: Extract<Arrival, { kind: 'frame' }>): Work {
    this.#rowsIn += arrival.packet.rowCount;
    yield* this.#chain.frame(frameOf(arrival.packet));
    arrival.release();
  }

  *#pass(epoch: number): Work {
    yield* this.#chain.barrier(epoch, () => this.#freeze(epoch));
    this.#gate.release();
  }
}

function frameOf(packet: Packet): FrameRef {
  return { ptr: 0, bytes: packet.payload, rows: packet.rowCount, channel: 0, late: false };
}
