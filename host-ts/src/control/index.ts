/** Messages between coordinator and slots, how slots come into being, the user's handle. */
export * from './handle.ts';
export * from './messages.ts';
export * from './spawner.ts';
