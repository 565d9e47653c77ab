/**
 * A schema: column names in order, each with its type. Plain JSON; the order of the record's keys is the order
 * of the columns in a frame (which is why names that look like array indexes are refused: JavaScript would
 * move them to the front).
 */
import { COLUMNS_MAX } from '../abi/index.ts';
import type { ColumnType, TypeName } from './column-type.ts';
import { isTypeName, typeCode } from './column-type.ts';
import { schemaInvalid } from './errors.ts';

export type Schema = Readonly<Record<string, ColumnType>>;

/** The JavaScript value of a type in row views and results. */
export interface ValueOfType {
  readonly bool: boolean;
  readonly i32: number;
  readonly i64: bigint;
  readonly f64: number;
  readonly timestamp: number;
  readonly utf8: string;
}

/** Any value that a row can hold. */
export type RowValue = boolean | number | bigint | string | null;

/** The value of a column: with `| null` unless the column is `required`. */
export type ValueOf<C extends ColumnType> = ValueOfType[C['type']] | (C['nullable'] extends false ? never : null);

/** A row as users' functions see it. */
export type RowOf<S extends Schema> = { readonly [Name in keyof S]: ValueOf<S[Name]> };

/** The names of a schema's columns, as a union. */
export type ColumnName<S extends Schema> = keyof S & string;

export function columnNames(schema: Schema): readonly string[] {
  return Object.keys(schema);
}

/** Position of a column, −1 when the schema has none of that name. */
export function columnIndex(schema: Schema, name: string): number {
  return Object.keys(schema).indexOf(name);
}

/** ABI type codes in column order: the payload of OP_INPUT and the second argument of exprCheck. */
export function schemaTypeCodes(schema: Schema): readonly number[] {
  return Object.values(schema).map((column) => typeCode(column));
}

/** `{date: timestamp, delay: i64}` */
export function formatSchema(schema: Schema): string {
  const columns = Object.entries(schema).map(([name, column]) => `${name}: ${column.type}`);
  return `{${columns.join(', ')}}`;
}

/** Throws SCHEMA_INVALID unless the value is a schema that a frame can hold. */
export function checkSchema(schema: Schema): void {
  const entries = Object.entries(schema);
  if (entries.length === 0 || entries.length > COLUMNS_MAX) {
    throw schemaInvalid(`a schema has 1 to ${COLUMNS_MAX} columns, this one has ${entries.length}`, '');
  }
  for (const [name, column] of entries) {
    if (name === '') throw schemaInvalid('a column has an empty name', name);
    if (/^(0|[1-9][0-9]*)$/.test(name)) {
      throw schemaInvalid(`column '${name}' is named like an array index, which would lose its place`, name);
    }
    const type: unknown = column?.type;
    if (!isTypeName(type)) throw schemaInvalid(`column '${name}' has the unknown type '${String(type)}'`, name);
  }
}

export type SchemaDifference =
  | { readonly kind: 'missing'; readonly column: string; readonly expected: TypeName }
  | { readonly kind: 'extra'; readonly column: string; readonly found: TypeName }
  | { readonly kind: 'type'; readonly column: string; readonly expected: TypeName; readonly found: TypeName }
  | { readonly kind: 'order'; readonly column: string; readonly expected: number; readonly found: number };

/**
 * What keeps `found` from being `expected`; empty when they are equal. `nullable` is not compared. An order
 * difference is named only when the columns are otherwise the same.
 */
export function schemaDifferences(expected: Schema, found: Schema): readonly SchemaDifference[] {
  const differences: SchemaDifference[] = [];
  for (const [column, { type }] of Object.entries(expected)) {
    const other = Object.hasOwn(found, column) ? found[column] : undefined;
    if (other === undefined) differences.push({ kind: 'missing', column, expected: type });
    else if (other.type !== type) differences.push({ kind: 'type', column, expected: type, found: other.type });
  }
  for (const [column, { type }] of Object.entries(found)) {
    if (!Object.hasOwn(expected, column)) differences.push({ kind: 'extra', column, found: type });
  }
  if (differences.length > 0) return differences;
  return columnNames(expected).flatMap((column, index): SchemaDifference[] => {
    const at = columnIndex(found, column);
    return at === index ? [] : [{ kind: 'order', column, expected: index, found: at }];
  });
}

export function schemaEquals(a: Schema, b: Schema): boolean {
  return schemaDifferences(a, b).length === 0;
}
