/** Contracts that every room may use: errors, ids, limits. */
export * from './errors.ts';
export * from './ids.ts';
export * from './limits.ts';
