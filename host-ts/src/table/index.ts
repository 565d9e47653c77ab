/** Tables: key-sorted column segments, the view over them, their changes and their JSON. */
export * from './compaction.ts';
export * from './errors.ts';
export * from './json.ts';
export * from './row-store.ts';
export * from './segment.ts';
export * from './table.ts';
export * from './table-scan.ts';
export * from './table-feed.ts';
