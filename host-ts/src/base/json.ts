/** Plain data that survives JSON and structured clone alike: what options, positions and parameters are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
