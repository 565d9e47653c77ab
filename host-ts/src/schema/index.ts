/** Column types and schemas: pure data with the types that flow from it. */
export * from './column-type.ts';
export * from './errors.ts';
export * from './schema.ts';
