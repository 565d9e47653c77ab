/** What each step gives, and what it refuses: windows, table keys, event time. Pure. */
import { WINDOW_AGGREGATES_MAX, WINDOW_KEYS_MAX, WINDOW_SLICES_MAX } from '../base/index.ts';
import type { SluiceError } from '../base/index.ts';
import { checkPredicate } from '../expr/index.ts';
import type { ColumnType, Schema } from '../schema/index.ts';
import { checkSchema, columnNames } from '../schema/index.ts';
import { aggregateType } from './aggregate-types.ts';
import * as errors from './errors.ts';
import { columnTypeOf, referencedColumn } from './expressions.ts';
import type { WindowOp } from './job-graph.ts';
import type { LogicalAggregate, ProjectedColumn, TimeAttribute, WindowNode } from './logical-plan.ts';

export type WindowInit = Pick<WindowNode, 'keys' | 'sizeMs' | 'slideMs' | 'offsetMs' | 'aggregates'>;

/** Throws BAD_WINDOW. */
export function checkWindow({ keys, sizeMs, slideMs, offsetMs, aggregates }: WindowInit): void {
  const values = { sizeMs, slideMs, offsetMs };
  if (!Object.values(values).every(Number.isSafeInteger) || sizeMs <= 0 || slideMs <= 0) {
    const hint = 'size and slide are whole, positive numbers of milliseconds, for instance hours(1)';
    throw errors.badWindow(`a window of ${sizeMs} ms every ${slideMs} ms, offset ${offsetMs} ms`, hint, values);
  }
  if (slideMs > sizeMs) {
    const hint = 'choose a slide that is not longer than the size, or filter the rows instead';
    throw errors.badWindow(`a slide of ${slideMs} ms skips rows between windows of ${sizeMs} ms`, hint, values);
  }
  const slices = sizeMs / greatestCommonDivisor(sizeMs, slideMs);
  if (slices > WINDOW_SLICES_MAX) {
    const message = `a window of ${sizeMs} ms every ${slideMs} ms has ${slices} slices, more than ${WINDOW_SLICES_MAX}`;
    const hint = 'choose a longer slide that divides the size, or a shorter size';
    throw errors.badWindow(message, hint, { ...values, slices, max: WINDOW_SLICES_MAX });
  }
  checkCount('key columns', keys.length, WINDOW_KEYS_MAX);
  checkCount('aggregates', aggregates.length, WINDOW_AGGREGATES_MAX);
}

function checkCount(what: string, count: number, max: number): void {
  if (count <= max) return;
  throw errors.badWindow(`a window with ${count} ${what}, more than ${max}`, 'split it into two', { count, max });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The rows of a window that the user asked for; throws TYPE_MISMATCH, UNKNOWN_COLUMN, COLUMN_TAKEN. */
export function windowSchema(input: Schema, init: WindowInit): Schema {
  const schema = resultSchema(
    init.keys,
    init.aggregates.map((aggregate): [string, ColumnType] => [aggregate.name, checkAggregate(aggregate, input)]),
    input,
  );
  checkSchema(schema);
  return schema;
}

/** The rows of a planned window. */
export function windowOpSchema(op: WindowOp, input: Schema): Schema {
  const aggregates = op.aggregates.map(({ name, fn, column, filter }): [string, ColumnType] => {
    const argument = column === undefined ? undefined : input[column];
    return [name, aggregateType(name, fn, argument, filter !== undefined)];
  });
  return resultSchema(op.keys, aggregates, input);
}

/** Keys, window_start, window_end, aggregates: the order in which the engine emits them. */
function resultSchema(keys: readonly string[], aggregates: readonly [string, ColumnType][], input: Schema): Schema {
  const columns = new Map<string, ColumnType>();
  const put = (name: string, type: ColumnType, by: string): void => {
    if (columns.has(name)) throw errors.columnTaken(name, by);
    columns.set(name, type);
  };
  for (const key of keys) put(key, input[key]!, 'a key');
  put('window_start', { type: 'timestamp', nullable: false }, 'the start of the window');
  put('window_end', { type: 'timestamp', nullable: false }, 'the end of the window');
  for (const [name, type] of aggregates) put(name, type, 'an aggregate');
  return Object.fromEntries(columns);
}

/** Throws TABLE_WITHOUT_KEY, KEY_NOT_IN_TABLE, DUPLICATE_KEY. */
export function checkTableKey(table: { readonly name: string; readonly key: readonly string[] }, schema: Schema): void {
  if (table.key.length === 0) throw errors.tableWithoutKey(table.name);
  table.key.forEach((column, index) => {
    if (!Object.hasOwn(schema, column)) throw errors.keyNotInTable(table.name, column, columnNames(schema));
    if (table.key.indexOf(column) !== index) throw errors.keyTwice(column);
  });
}

/** Event time after a projection: it follows its column through renames, and is lost with it. */
export function timeAfterProject(
  time: TimeAttribute | undefined,
  columns: readonly ProjectedColumn[],
): TimeAttribute | undefined {
  if (time === undefined) return undefined;
  const kept = columns.filter(({ expr }) => referencedColumn(expr) === time.column);
  const column = kept.find(({ name }) => name === time.column) ?? kept[0];
  return column === undefined ? undefined : { ...time, column: column.name };
}

export function checkUnique(names: readonly string[], error: (name: string) => SluiceError): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw error(twice);
}

function checkAggregate({ name, fn, argument, filter }: LogicalAggregate, input: Schema): ColumnType {
  if (filter !== undefined) checkPredicate(filter, input);
  const type = argument === undefined ? undefined : columnTypeOf(argument, input);
  return aggregateType(name, fn, type, filter !== undefined);
}
