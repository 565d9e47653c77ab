/** Contracts that every room may use: errors, plain data, limits. */
export * from './checksum.ts';
export * from './errors.ts';
export * from './json.ts';
export * from './limits.ts';
