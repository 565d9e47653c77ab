/** What an aggregate takes and what it gives. */
import type { ColumnType, TypeName } from '../schema/index.ts';
import { typeMismatch } from './errors.ts';
import type { Aggregate } from './job-graph.ts';

const NUMERIC: readonly TypeName[] = ['i32', 'i64', 'f64'];
const ORDERED: readonly TypeName[] = [...NUMERIC, 'timestamp', 'utf8'];

/**
 * The type of an aggregate's column; `argument` is undefined for count of rows. Null results
 * come from groups of which no row was counted: an argument that may be null, or a filter.
 * Throws TYPE_MISMATCH.
 */
export function aggregateType(
  name: string,
  fn: Aggregate['fn'],
  argument: ColumnType | undefined,
  filtered: boolean,
): ColumnType {
  if (fn === 'count' || fn === 'countDistinct') return { type: 'i64', nullable: false };
  const type = argument?.type ?? 'bool';
  const nullable = filtered || argument?.nullable !== false;
  const accepted = fn === 'min' || fn === 'max' ? ORDERED : NUMERIC;
  if (!accepted.includes(type)) throw typeMismatch(`${fn} of '${name}'`, accepted.join(', '), type);
  if (fn === 'avg') return { type: 'f64', nullable };
  if (fn === 'sum') return { type: type === 'f64' ? 'f64' : 'i64', nullable };
  return { type, nullable };
}
