/**
 * Row views: what a closure gets instead of a row object. One view serves all rows of a stage; it
 * is moved from row to row and reads the columns where they lie.
 */
import type { FrameReader } from '../engine/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';

/** Moves over the rows of a frame; its own properties are the columns. */
export interface RowView {
  readonly [column: string]: RowValue;
}

export class RowCursor {
  readonly view: RowView;
  readonly #names: readonly string[];
  #frame: FrameReader | undefined;
  #row = 0;

  constructor(schema: Schema) {
    this.#names = Object.keys(schema);
    const view = {};
    for (const [index, name] of this.#names.entries()) {
      Object.defineProperty(view, name, {
        enumerable: true,
        get: () => this.#frame?.column(index).get(this.#row) ?? null,
      });
    }
    this.view = Object.freeze(view);
  }

  open(frame: FrameReader): void {
    this.#frame = frame;
    this.#row = 0;
  }

  moveTo(row: number): void {
    this.#row = row;
  }

  /** The row for an error message, cut to a readable length. */
  describe(): string {
    const values = this.#names.map((name) => `${name}: ${String(this.view[name])}`);
    const text = `{ ${values.join(', ')} }`;
    return text.length <= 300 ? text : `${text.slice(0, 297)}...`;
  }
}
