/** `sluice/cloudflare`: serves jobs on Cloudflare Workers with Durable Objects. */
export { createWorker } from '../../../worker/src/index.ts';
export type { SluiceWorker } from '../../../worker/src/index.ts';
export type { JobResult, JobStatus, TableRow } from '../api/index.ts';
export { SluiceError } from '../base/index.ts';
