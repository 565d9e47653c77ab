/** The checkpoint protocol: manifest, storage contract, pure life cycle. */
export * from './manifest.ts';
export * from './storage.ts';
