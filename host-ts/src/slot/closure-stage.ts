/**
 * A stage that runs the user's function in JavaScript: map, filter or flatMap over row views.
 *
 * The loop over the rows is generated for the function where the home compiles source, else a plain one. A filter's
 * rows are copied column by column; results of map and flatMap are taken into typed columns. Output leaves as frames
 * of at most FRAME_ROWS_MAX rows; a row that came late keeps its split's watermark. An input frame whose rows do not all
 * fit one output is copied, so that the stage can go on after other stages have used the engine.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { errorToData, invariant } from '../base/index.ts';
import { FrameBuilder, FrameReader, RowGatherer, createColumnWriter } from '../engine/index.ts';
import type { ClosureTaskPlan, UserFunction } from '../plan/index.ts';
import type { Platform } from '../platform/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import { closureResult, closureThrew } from './errors.ts';
import { compileDriver } from './row-driver.ts';
import { plainLoop } from './row-loop.ts';
import type { RowFailures, RowFunction, RowLoop, RowLoopInit } from './row-loop.ts';
import { RowCursor } from './row-view.ts';
import type { FrameRef, StageCounters, StageRunner } from './stage.ts';

export class ClosureStage implements StageRunner {
  readonly #plan: ClosureTaskPlan;
  readonly #cursor: RowCursor;
  readonly #builder: FrameBuilder;
  readonly #init: RowLoopInit;
  readonly #loop: RowLoop;
  /** A filter's. */
  readonly #gatherer: RowGatherer | undefined;
  readonly #copy = new ReusedBytes();
  readonly #frame = new ReusedBytes();
  #input: FrameReader | undefined;
  /** Whether the input is a copy. */
  #copied = false;
  #output: FrameRef | undefined;
  #rowsIn = 0;
  #rowsOut = 0;
  #rowsBefore = 0;

  /** `compile`: the platform's compileFunction, where it has one. */
  constructor(
    plan: ClosureTaskPlan,
    functions: readonly UserFunction[],
    compile: Platform['compileFunction'] | undefined,
  ) {
    this.#plan = plan;
    const run = functions[plan.stage.functionId];
    if (run === undefined) throw new TypeError(`no function ${plan.stage.functionId}`);
    this.#cursor = new RowCursor(plan.inSchema);
    const types = schemaTypeCodes(plan.outSchema);
    this.#builder = new FrameBuilder(types);
    const { form } = plan.stage;
    const taken = form === 'filter' ? [] : types;
    this.#gatherer = form === 'filter' ? new RowGatherer(types) : undefined;
    this.#init = {
      form,
      run: run as unknown as RowFunction,
      view: this.#cursor.view,
      position: this.#cursor.position,
      names: Object.keys(plan.outSchema).slice(0, taken.length),
      writers: taken.map((type, column) => createColumnWriter(type, column)),
      origins: new Int32Array(FRAME_ROWS_MAX),
      failures: this.#failures(),
    };
    this.#loop = compile === undefined ? plainLoop(this.#init) : compileDriver(this.#init, compile);
  }

  get output(): FrameRef | undefined {
    return this.#output;
  }

  get counters(): StageCounters {
    return { rowsIn: this.#rowsIn, rowsOut: this.#rowsOut, lateRows: 0, stateBytes: 0, stateKeys: 0 };
  }

  push(frame: FrameRef): void {
    invariant(frame.rows <= FRAME_ROWS_MAX, 'a frame has too many rows', { rows: frame.rows, rowsMax: FRAME_ROWS_MAX });
    this.#init.position[0] = 0;
    const { bytes } = frame;
    // a ring's frame lies in shared memory, of which a page's TextDecoder takes nothing
    if (bytes.buffer instanceof ArrayBuffer) this.#open(bytes);
    else this.#openCopy(bytes);
    this.#rowsBefore = this.#rowsIn;
    this.#rowsIn += frame.rows;
    this.#fill();
  }

  watermark(): void {
    // Rows never wait in this stage: there is nothing that a watermark could fire.
  }

  flush(): void {
    // As above: `push` hands everything over before it returns.
  }

  next(): void {
    this.#output = undefined;
    this.#fill();
  }

  close(): void {
    this.#input = undefined;
  }

  /** Runs the function until a frame is full or the input is used up. */
  #fill(): void {
    const input = this.#input;
    if (input === undefined) return;
    const rows = this.#run(input.rows);
    if (rows > 0) this.#emit(input, rows);
    if (this.#init.position[0] === input.rows) this.#input = undefined;
    else if (!this.#copied) this.#openCopy(input.bytes);
  }

  #open(bytes: Uint8Array): void {
    this.#input = new FrameReader(bytes);
    this.#cursor.open(this.#input);
    this.#copied = false;
  }

  #openCopy(bytes: Uint8Array): void {
    this.#open(this.#copy.of(bytes));
    this.#copied = true;
  }

  #run(end: number): number {
    try {
      return this.#loop.run(end);
    } catch (error) {
      const { code, context } = errorToData(error);
      if (code !== 'ROW_VALUE_TYPE') throw error;
      const got = `${context['found']} in column '${this.#init.names[Number(context['column'])]}'`;
      throw this.#returned(got, String(context['expected']));
    }
  }

  #emit(input: FrameReader, rows: number): void {
    const { form, writers, origins } = this.#init;
    const from = origins.subarray(0, rows);
    const blocks = this.#gatherer?.gather(input, from) ?? writers.map((writer) => writer.take(rows));
    const late = form === 'map' ? input.late : input.late && BigInt64Array.from(from, (row) => input.late?.[row] ?? 0n);
    const bytes = this.#builder.assemble(rows, blocks, (byteLength) => this.#frame.bytes(byteLength), late);
    this.#rowsOut += rows;
    this.#output = { ptr: 0, bytes, rows, channel: 0, late: false };
  }

  #failures(): RowFailures {
    return {
      threw: (cause) => {
        const { operator, stage } = this.#plan;
        const values = this.#cursor.describe();
        return closureThrew({ operator: operator.name, form: stage.form, row: this.#failedRow, values, cause });
      },
      badResult: (result, wanted) => {
        const got = result === null ? 'null' : Array.isArray(result) ? 'an array' : typeof result;
        return this.#returned(got, wanted);
      },
    };
  }

  #returned(got: string, wanted: string): Error {
    const { operator, stage } = this.#plan;
    return closureResult(operator.name, stage.form, this.#failedRow, got, wanted);
  }

  /** Counted over all frames. */
  get #failedRow(): number {
    return this.#rowsBefore + this.#init.position[0]!;
  }
}

/** Memory for one frame at a time: fresh memory costs more than copying into it. */
class ReusedBytes {
  #memory = new Uint8Array(0);

  bytes(byteLength: number): Uint8Array {
    if (byteLength > this.#memory.byteLength) this.#memory = new Uint8Array(Math.ceil(byteLength * 1.25));
    return this.#memory.subarray(0, byteLength);
  }

  of(bytes: Uint8Array): Uint8Array {
    const copy = this.bytes(bytes.byteLength);
    copy.set(bytes);
    return copy;
  }
}
