/** What a home provides, and the byte sources that every home shares. */
export * from './byte-sources.ts';
export * from './errors.ts';
export * from './http-source.ts';
export * from './platform.ts';
export * from './web-parts.ts';
