/** `sluice/node`: starts jobs in Node. */
export { startJob as start } from '../adapter-node/index.ts';
export type { StartOptions } from '../adapter-node/index.ts';
export type { InputBinding } from '../connectors/index.ts';
export type { JobHandle, JobResult, JobStatus, ScanOptions, TableHandle, TableRow } from '../api/index.ts';
export { SluiceError } from '../base/index.ts';
