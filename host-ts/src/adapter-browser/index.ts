/** The browser as a home: platform, checkpoints in IndexedDB, workers. */
export { browserPlatform } from './browser-platform.ts';
export { databaseName, IdbCheckpointStorage, storageErrorOf } from './idb-checkpoint-storage.ts';
