/** Messages between coordinator and slots. */
export * from './messages.ts';
