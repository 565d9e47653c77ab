/** Sources and sinks: the contract, the connectors that every home has, how inputs are bound. */
import { collectionConnector, generatorConnector } from './rows.ts';
import type { ConnectorRegistry } from './open-connector.ts';
import { parquetConnector } from './parquet.ts';
import { csvConnector, ndjsonConnector } from './text.ts';

export * from './bindings.ts';
export * from './contract.ts';
export * from './create-sink.ts';
export * from './errors.ts';
export * from './file-sink.ts';
export * from './forward-sink.ts';
export * from './open-connector.ts';
export { parquetColumns } from './parquet.ts';
export type { InputRow } from './rows.ts';
export * from './sink.ts';
export { TableSink } from './table-sink.ts';

/** What bindings may name in every home. */
export const standardConnectors: ConnectorRegistry = {
  parquet: parquetConnector,
  csv: csvConnector,
  ndjson: ndjsonConnector,
  collection: collectionConnector,
  generator: generatorConnector,
};
