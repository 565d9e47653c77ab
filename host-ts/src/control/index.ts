/** Messages between coordinator and slots, and how slots come into being. */
export * from './messages.ts';
export * from './spawner.ts';
export * from './handle.ts';
export * from './spawner.ts';
