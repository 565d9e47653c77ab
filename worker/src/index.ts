/** Cloudflare as a home: a coordinator object per job, an object per slot, logs that take rows over HTTP. */
export { createWorker } from './create-worker.ts';
export type { SluiceWorker } from './create-worker.ts';
