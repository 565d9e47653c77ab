/**
 * Row views: what a closure gets instead of a row object. One view serves all rows of a stage; it
 * is moved from row to row and reads the columns where they lie, only those that the function asks for.
 *
 * The view is the only instance of a constructor of its own. V8 derives an object's hidden class from where it was made:
 * if all views were made of `{}`, the second one's getters would clash with the first one's, and the view would become
 * a hash table, which is several times slower to read. With a hidden class of its own the getters are inlined into the
 * user's function. There is one kind of getter for each type, so that each sees one kind of array.
 */
import { TYPE_BOOL, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_UTF8 } from '../abi/index.ts';
import type { ColumnReader, FrameReader } from '../engine/index.ts';
import { schemaTypeCodes } from '../schema/index.ts';
import type { RowValue, Schema } from '../schema/index.ts';

/** Moves over the rows of a frame; its own properties are the columns. */
export interface RowView {
  readonly [column: string]: RowValue;
}

/** Where a view reads: an index in an array is quicker to set for every row than a field that getters have captured. */
type Position = Int32Array;

/** The column of the frame that is open. */
interface OpenColumn {
  reader: ColumnReader | undefined;
}

type Getter = () => RowValue;

export class RowCursor {
  readonly view: RowView;
  /** i32[1]: the row that the view is at. */
  readonly position: Position = new Int32Array(1);
  readonly #names: readonly string[];
  readonly #columns: readonly OpenColumn[];

  constructor(schema: Schema) {
    this.#names = Object.keys(schema);
    this.#columns = this.#names.map(() => ({ reader: undefined }));
    const types = schemaTypeCodes(schema);
    const getters = this.#columns.map((column, index) => createGetter(types[index] ?? 0, column, this.position));
    this.view = createView(this.#names, getters);
  }

  /** Reads another frame; `position` stays. */
  open(frame: FrameReader): void {
    for (const [index, column] of this.#columns.entries()) column.reader = frame.column(index);
  }

  /** The row for an error message, cut to a readable length. */
  describe(): string {
    const values = this.#names.map((name) => `${name}: ${String(this.view[name])}`);
    const text = `{ ${values.join(', ')} }`;
    return text.length <= 300 ? text : `${text.slice(0, 297)}...`;
  }
}

function createView(names: readonly string[], getters: readonly Getter[]): RowView {
  const OwnView = function (this: object): void {
    for (const [index, name] of names.entries()) {
      Object.defineProperty(this, name, { enumerable: true, get: getters[index]! });
    }
  };
  // to its reader it is a plain object
  OwnView.prototype = Object.prototype;
  return Object.freeze(new (OwnView as unknown as new () => RowView)());
}

function createGetter(type: number, column: OpenColumn, position: Position): Getter {
  switch (type) {
    case TYPE_I64:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : reader.bigints[row]!;
      };
    case TYPE_F64:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : reader.floats[row]!;
      };
    case TYPE_I32:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : reader.words[row]!;
      };
    case TYPE_BOOL:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : ((reader.bits[row >> 3]! >> (row & 7)) & 1) === 1;
      };
    case TYPE_UTF8:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : reader.string(row);
      };
    default:
      return () => {
        const reader = column.reader!;
        const row = position[0]!;
        return reader.isNull(row) ? null : reader.number(row);
      };
  }
}
