/** What a home provides: interfaces only. */
export * from './platform.ts';
