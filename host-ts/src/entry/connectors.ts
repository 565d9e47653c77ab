/** `sluice/connectors`: binding inputs, and what it takes to write a connector. */
export { bindingForFile, csv, inspectFile, ndjson, parquet, rows, standardConnectors } from '../connectors/index.ts';
export type {
  Connector,
  ConnectorContext,
  ConnectorFactory,
  CsvBindingOptions,
  Enumeration,
  InputBinding,
  InputLocation,
  InputRow,
  InspectedFile,
  PollResult,
  SplitDescription,
  SplitReader,
  NdjsonBindingOptions,
} from '../connectors/index.ts';
