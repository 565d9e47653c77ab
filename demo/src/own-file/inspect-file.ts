// A door of its own to the reading of files: it brings the decoders of Parquet, which only a dropped file needs on
// the page, so it is loaded when there is one.
export { inspectFile } from 'sluice/connectors';
