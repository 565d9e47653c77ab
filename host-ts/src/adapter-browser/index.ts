/** The browser as a home: platform, checkpoints in IndexedDB, coordinator and slots as workers. */
export { browserPlatform } from './browser-platform.ts';
export { databaseName, IdbCheckpointStorage, storageErrorOf } from './idb-checkpoint-storage.ts';
export type { PageJobHandle } from './remote-handle.ts';
export { serveSlot } from './serve-slot.ts';
export { startJob } from './start-job.ts';
export type { StartOptions } from './start-job.ts';
