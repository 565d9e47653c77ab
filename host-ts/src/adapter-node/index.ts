/** Node as a home: platform, files, checkpoints in a folder, slots as worker threads. */
export { FileCheckpointStorage, storageErrorOf } from './file-checkpoint-storage.ts';
export { importJob, moduleUrl } from './job-module.ts';
export { nodePlatform } from './node-platform.ts';
export { nodeSpawner } from './node-spawner.ts';
export type { NodeSpawnerInit } from './node-spawner.ts';
export { startJob } from './start-job.ts';
export type { StartOptions } from './start-job.ts';
