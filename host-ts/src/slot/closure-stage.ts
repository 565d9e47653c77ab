/**
 * A stage that runs the user's function in JavaScript: map, filter or flatMap over row views.
 *
 * Output rows are gathered in columns and leave as frames of at most FRAME_ROWS_MAX rows. A row
 * that came late keeps its split's watermark. The input frame is copied once, so that the stage
 * can go on after other stages have used the engine.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import { errorToData } from '../base/index.ts';
import { FrameBuilder, FrameReader } from '../engine/index.ts';
import type { ClosureTaskPlan, UserFunction } from '../plan/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { RowValue } from '../schema/index.ts';
import { closureResult, closureThrew } from './errors.ts';
import { RowCursor } from './row-view.ts';
import type { RowView } from './row-view.ts';
import type { FrameRef, StageCounters, StageRunner } from './stage.ts';

type RowFunction = (row: RowView) => unknown;

export class ClosureStage implements StageRunner {
  readonly #plan: ClosureTaskPlan;
  readonly #function: RowFunction;
  readonly #cursor: RowCursor;
  readonly #names: readonly string[];
  readonly #builder: FrameBuilder;
  readonly #columns: RowValue[][];
  #late: bigint[] = [];
  /** The input's row that each gathered row comes from. */
  readonly #origins: number[] = [];
  #input: FrameReader | undefined;
  #row = 0;
  /** Rows of a flatMap result that did not fit the last frame. */
  #rest: Iterator<unknown> | undefined;
  #output: FrameRef | undefined;
  #rowsIn = 0;
  #rowsOut = 0;
  #rowsBefore = 0;

  constructor(plan: ClosureTaskPlan, functions: readonly UserFunction[]) {
    this.#plan = plan;
    const found = functions[plan.stage.functionId];
    if (found === undefined) throw new TypeError(`no function ${plan.stage.functionId}`);
    this.#function = found as unknown as RowFunction;
    this.#cursor = new RowCursor(plan.inSchema);
    this.#names = Object.keys(plan.outSchema);
    this.#builder = new FrameBuilder(schemaTypeCodes(plan.outSchema));
    this.#columns = this.#names.map(() => []);
  }

  get output(): FrameRef | undefined {
    return this.#output;
  }

  get counters(): StageCounters {
    return { rowsIn: this.#rowsIn, rowsOut: this.#rowsOut, lateRows: 0, stateBytes: 0, stateKeys: 0 };
  }

  push(frame: FrameRef): void {
    this.#input = new FrameReader(frame.bytes.slice());
    this.#cursor.open(this.#input);
    this.#row = 0;
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
    while (this.#size < FRAME_ROWS_MAX) {
      if (this.#rest !== undefined) this.#takeRest(input);
      else if (this.#row < input.rows) this.#runRow(input);
      else break;
    }
    if (this.#row === input.rows && this.#rest === undefined) this.#input = undefined;
    if (this.#size > 0) this.#emit(input.late !== undefined);
  }

  get #size(): number {
    return this.#late.length;
  }

  #runRow(input: FrameReader): void {
    this.#cursor.moveTo(this.#row);
    const result = this.#call();
    const { form } = this.#plan.stage;
    if (form === 'map') this.#addRow(input, result);
    else if (form === 'flatMap') {
      this.#rest = this.#iterate(result);
      return;
    } else if (result === true) this.#addRow(input, this.#cursor.view);
    else if (result !== false) throw this.#badResult(result, 'true or false');
    this.#row += 1;
  }

  #takeRest(input: FrameReader): void {
    while (this.#size < FRAME_ROWS_MAX) {
      const next = this.#step();
      if (next.done === true) {
        this.#rest = undefined;
        this.#row += 1;
        return;
      }
      this.#addRow(input, next.value);
    }
  }

  #call(): unknown {
    try {
      return this.#function(this.#cursor.view);
    } catch (cause) {
      throw this.#threw(cause);
    }
  }

  #step(): IteratorResult<unknown> {
    try {
      return this.#rest?.next() ?? { done: true, value: undefined };
    } catch (cause) {
      throw this.#threw(cause);
    }
  }

  #iterate(result: unknown): Iterator<unknown> {
    const iterate = (result as Iterable<unknown> | null | undefined)?.[Symbol.iterator];
    if (iterate === undefined || typeof result === 'string') throw this.#badResult(result, 'a list of rows');
    return iterate.call(result);
  }

  #addRow(input: FrameReader, row: unknown): void {
    if (typeof row !== 'object' || row === null) throw this.#badResult(row, 'a row object');
    const values = row as RowView;
    for (const [index, name] of this.#names.entries()) this.#columns[index]?.push(values[name] ?? null);
    this.#late.push(input.late?.[this.#row] ?? 0n);
    this.#origins.push(this.#rowsBefore + this.#row);
  }

  #emit(late: boolean): void {
    const rows = this.#size;
    const bytes = this.#build(rows, late);
    for (const column of this.#columns) column.length = 0;
    this.#late = [];
    this.#origins.length = 0;
    this.#rowsOut += rows;
    this.#output = { ptr: 0, bytes, rows, channel: 0, late: false };
  }

  #build(rows: number, late: boolean): Uint8Array {
    const columns = this.#columns.map((values) => ({ values }));
    try {
      return this.#builder.build(rows, columns, undefined, late ? BigInt64Array.from(this.#late) : undefined);
    } catch (error) {
      const { code, context } = errorToData(error);
      if (code !== 'ROW_VALUE_TYPE') throw error;
      const { operator, stage } = this.#plan;
      const got = `${context['found']} in column '${this.#names[Number(context['column'])]}'`;
      const row = this.#origins[Number(context['row'])] ?? 0;
      throw closureResult(operator.name, stage.form, row, got, String(context['expected']));
    }
  }

  #threw(cause: unknown): Error {
    const { operator, stage } = this.#plan;
    const row = this.#rowsBefore + this.#row;
    return closureThrew({ operator: operator.name, form: stage.form, row, values: this.#cursor.describe(), cause });
  }

  #badResult(result: unknown, wanted: string): Error {
    const { operator, stage } = this.#plan;
    const got = result === null ? 'null' : Array.isArray(result) ? 'an array' : typeof result;
    return closureResult(operator.name, stage.form, this.#rowsBefore + this.#row, got, wanted);
  }
}
