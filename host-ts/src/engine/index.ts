/** The engine room: loading engine.wasm, its tasks, and frames from and to JavaScript values. */
export * from './column-writer.ts';
export * from './engine.ts';
export * from './engine-task.ts';
export * from './errors.ts';
export * from './frame-builder.ts';
export { FrameDictionary } from './frame-dictionary.ts';
export * from './frame-gather.ts';
export * from './frame-layout.ts';
export * from './frame-reader.ts';
export { hashBytes, hashDictionary } from './hash-v1.ts';
