/**
 * The loop of a closure's stage: calls the function for row after row and takes its results into columns.
 *
 * This is the plain form, which every home can run and all functions share; row-driver.ts makes one of the same
 * meaning per function where the home compiles source. A loop stops when the input or the room for output rows is
 * used up: then `position[0]` is the row to go on with, of which a flatMap's result may be half taken.
 */
import { FRAME_ROWS_MAX } from '../abi/index.ts';
import type { ColumnWriter } from '../engine/index.ts';
import type { RowView } from './row-view.ts';

export type RowFunction = (row: RowView) => unknown;

export type Form = 'map' | 'filter' | 'flatMap';

export interface RowLoopInit {
  readonly form: Form;
  readonly run: RowFunction;
  readonly view: RowView;
  /** i32[1]: the row that the view is at, and the one that an error is about. */
  readonly position: Int32Array;
  /** Columns of the results, in the order of `writers`; a filter has none. */
  readonly names: readonly string[];
  readonly writers: readonly ColumnWriter[];
  /** i32[FRAME_ROWS_MAX], filled by filter and flatMap: the input row of each output row. */
  readonly origins: Int32Array;
  readonly failures: RowFailures;
}

/** What a loop throws; the row is the one at `position`. */
export interface RowFailures {
  threw(cause: unknown): Error;
  badResult(result: unknown, wanted: string): Error;
}

export interface RowLoop {
  /** Goes on from `position[0]` to `end`; how many output rows there are. Throws failures and ROW_VALUE_TYPE. */
  run(end: number): number;
}

/** What a filter, map or flatMap should have returned. */
export const WANTED = {
  filter: 'true or false',
  map: 'a row object',
  flatMap: 'a list of rows',
} as const satisfies Record<Form, string>;

export function plainLoop(init: RowLoopInit): RowLoop {
  switch (init.form) {
    case 'filter':
      return { run: (end) => filterRows(init, end) };
    case 'map':
      return { run: (end) => mapRows(init, end) };
    default: {
      const rest = new FlatMapRest(init);
      return { run: (end) => flatMapRows(init, rest, end) };
    }
  }
}

function filterRows({ run, view, position, origins, failures }: RowLoopInit, end: number): number {
  let count = 0;
  for (let row = position[0]!; row < end; row++) {
    position[0] = row;
    let result: unknown;
    try {
      result = run(view);
    } catch (cause) {
      throw failures.threw(cause);
    }
    if (result === true) origins[count++] = row;
    else if (result !== false) throw failures.badResult(result, WANTED.filter);
  }
  position[0] = end;
  return count;
}

function mapRows(init: RowLoopInit, end: number): number {
  const { run, view, position, failures } = init;
  const begin = position[0]!;
  for (let row = begin; row < end; row++) {
    position[0] = row;
    let result: unknown;
    try {
      result = run(view);
    } catch (cause) {
      throw failures.threw(cause);
    }
    putRow(init, row - begin, result);
  }
  position[0] = end;
  return end - begin;
}

function flatMapRows(init: RowLoopInit, rest: FlatMapRest, end: number): number {
  const { run, view, position, origins, failures } = init;
  let count = 0;
  let row = position[0]!;
  for (;;) {
    while (rest.open) {
      if (count === FRAME_ROWS_MAX) return count;
      const result = rest.next();
      if (!rest.open) {
        row += 1;
      } else {
        putRow(init, count, result);
        origins[count++] = row;
      }
    }
    position[0] = row;
    if (row === end || count === FRAME_ROWS_MAX) return count;
    let result: unknown;
    try {
      result = run(view);
    } catch (cause) {
      throw failures.threw(cause);
    }
    rest.begin(result);
  }
}

function putRow({ names, writers, failures }: RowLoopInit, at: number, result: unknown): void {
  if (typeof result !== 'object' || result === null) throw failures.badResult(result, WANTED.map);
  for (let index = 0; index < names.length; index++) {
    let value: unknown;
    try {
      value = (result as Readonly<Record<string, unknown>>)[names[index]!];
    } catch (cause) {
      throw failures.threw(cause);
    }
    writers[index]!.put(at, value);
  }
}

/** What is left of a flatMap's result. Lists are read by index, which gives what iterating them gives. */
export class FlatMapRest {
  /** False when the result is used up, or there was none. */
  open = false;
  readonly #failures: RowFailures;
  #list: readonly unknown[] | undefined;
  #index = 0;
  #iterator: Iterator<unknown> | undefined;

  constructor({ failures }: Pick<RowLoopInit, 'failures'>) {
    this.#failures = failures;
  }

  begin(result: unknown): void {
    if (isPlainList(result)) {
      this.#list = result;
      this.#index = 0;
    } else {
      this.#iterator = this.#iterate(result);
    }
    this.open = true;
  }

  /** The next row; meaningless when `open` has become false. */
  next(): unknown {
    try {
      if (this.#list !== undefined) {
        if (this.#index < this.#list.length) return this.#list[this.#index++];
      } else if (this.#iterator !== undefined) {
        const step = this.#iterator.next();
        if (step.done !== true) return step.value;
      }
    } catch (cause) {
      throw this.#failures.threw(cause);
    }
    this.#list = undefined;
    this.#iterator = undefined;
    this.open = false;
    return undefined;
  }

  #iterate(result: unknown): Iterator<unknown> {
    const iterate = (result as Iterable<unknown> | null | undefined)?.[Symbol.iterator];
    if (iterate === undefined || typeof result === 'string') throw this.#failures.badResult(result, WANTED.flatMap);
    try {
      return iterate.call(result);
    } catch (cause) {
      throw this.#failures.threw(cause);
    }
  }
}

/** An array that is iterated as arrays are. */
function isPlainList(result: unknown): result is readonly unknown[] {
  return Array.isArray(result) && (result as unknown[])[Symbol.iterator] === Array.prototype.values;
}
