/** `sluice/browser`: starts jobs in a page, serves them in its workers. */
export { serveSlot, startJob as start } from '../adapter-browser/index.ts';
export type { PageJobHandle, StartOptions } from '../adapter-browser/index.ts';
export type { InputBinding } from '../connectors/index.ts';
export type { JobHandle, JobResult, JobStatus, ScanOptions, TableChange, TableHandle, TableRow } from '../api/index.ts';
export { SluiceError } from '../base/index.ts';
