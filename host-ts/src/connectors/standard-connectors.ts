/** The connectors that every home has, by the names that bindings use. */
import { collectionConnector, generatorConnector } from './rows.ts';
import type { ConnectorRegistry } from './open-connector.ts';
import { parquetConnector } from './parquet.ts';
import { csvConnector, ndjsonConnector } from './text.ts';

/** What bindings may name in every home. */
export const standardConnectors: ConnectorRegistry = {
  parquet: parquetConnector,
  csv: csvConnector,
  ndjson: ndjsonConnector,
  collection: collectionConnector,
  generator: generatorConnector,
};
