/** The checkpoint protocol: manifest, storage contract, pure life cycle. */
export * from './alignment.ts';
export * from './called-storage.ts';
export * from './carry-plan.ts';
export * from './epochs.ts';
export * from './held-values.ts';
export * from './manifest.ts';
export * from './memory-storage.ts';
export * from './remote-storage.ts';
export * from './storage-errors.ts';
export * from './restore-plan.ts';
export * from './storage.ts';
export * from './value-names.ts';
