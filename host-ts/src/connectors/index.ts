/** Sources and sinks: the contract, the connectors that every home has, how inputs are bound. */

export * from './bindings.ts';
export * from './contract.ts';
export * from './create-sink.ts';
export * from './errors.ts';
export * from './file-sink.ts';
export * from './forward-sink.ts';
export * from './inspect-file.ts';
export * from './open-connector.ts';
export { parquetColumns } from './parquet.ts';
export type { InputRow } from './rows.ts';
export * from './sink.ts';
export { TableSink } from './table-sink.ts';
export { standardConnectors } from './standard-connectors.ts';
