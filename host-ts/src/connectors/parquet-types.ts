/**
 * Which parquet column can be read as which type of a schema, and how its values are converted. Only flat columns
 * (no lists, no structs) can be read.
 */
import type { SchemaElement } from 'hyparquet';
import type { TypeName } from '../schema/index.ts';

/** From stored values to the words of a frame. */
export type Conversion =
  | 'bool'
  | 'int32'
  | 'int32-to-int64'
  | 'uint32-to-int64'
  | 'int32-to-double'
  | 'int64'
  | 'float-to-double'
  | 'double'
  | 'days-to-ms'
  | 'int64-ms'
  | 'int64-us'
  | 'int64-ns'
  | 'int96-ns'
  | 'text';

/** How to read the column as the wanted type; undefined when it cannot be done without changing values. */
export function conversionOf(element: SchemaElement, wanted: TypeName): Conversion | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if ((element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED') return undefined;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return undefined;
  switch (type) {
    case 'BOOLEAN':
      return wanted === 'bool' ? 'bool' : undefined;
    case 'INT32':
      return int32(element, wanted);
    case 'INT64':
      return int64(element, wanted);
    case 'INT96':
      return wanted === 'timestamp' ? 'int96-ns' : undefined;
    case 'FLOAT':
      return wanted === 'f64' ? 'float-to-double' : undefined;
    case 'DOUBLE':
      return wanted === 'f64' ? 'double' : undefined;
    case 'BYTE_ARRAY':
      return wanted === 'utf8' && isText(element) ? 'text' : undefined;
    default:
      return undefined;
  }
}

function int32(element: SchemaElement, wanted: TypeName): Conversion | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  if (converted === 'DATE' || logical?.type === 'DATE') return wanted === 'timestamp' ? 'days-to-ms' : undefined;
  if (converted === 'TIME_MILLIS' || logical?.type === 'TIME') return undefined;
  const isUnsigned =
    converted === 'UINT_32' || (logical?.type === 'INTEGER' && !logical.isSigned && logical.bitWidth > 16);
  if (wanted === 'i64') return isUnsigned ? 'uint32-to-int64' : 'int32-to-int64';
  if (wanted === 'f64') return isUnsigned ? undefined : 'int32-to-double';
  return wanted === 'i32' && !isUnsigned ? 'int32' : undefined;
}

function int64(element: SchemaElement, wanted: TypeName): Conversion | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  const unit = timeUnit(element);
  if (unit !== undefined) return wanted === 'timestamp' ? unit : undefined;
  if (converted === 'TIME_MICROS' || logical?.type === 'TIME') return undefined;
  const isUnsigned = converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned);
  return wanted === 'i64' && !isUnsigned ? 'int64' : undefined;
}

function timeUnit({ converted_type: converted, logical_type: logical }: SchemaElement): Conversion | undefined {
  if (logical?.type === 'TIMESTAMP') {
    return logical.unit === 'NANOS' ? 'int64-ns' : logical.unit === 'MICROS' ? 'int64-us' : 'int64-ms';
  }
  if (converted === 'TIMESTAMP_MICROS') return 'int64-us';
  return converted === 'TIMESTAMP_MILLIS' ? 'int64-ms' : undefined;
}

// Writers often leave text without any annotation; what is annotated as something else is not text.
function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (logical !== undefined) return ['STRING', 'ENUM', 'JSON'].includes(logical.type);
  return converted === undefined || ['UTF8', 'ENUM', 'JSON'].includes(converted);
}

/** The type in the writer's words, for errors. */
export function describeElement(element: SchemaElement): string {
  if ((element.num_children ?? 0) > 0) return 'a group';
  const { type, converted_type: converted, logical_type: logical } = element;
  const unit = logical?.type === 'TIMESTAMP' ? ` ${logical.unit}` : '';
  const note = logical === undefined ? converted : `${logical.type}${unit}`;
  const list = element.repetition_type === 'REPEATED' ? 'repeated ' : '';
  return `${list}${type ?? 'nothing'}${note === undefined ? '' : ` (${note})`}`;
}
