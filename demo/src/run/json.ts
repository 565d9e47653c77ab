// Plain JSON: what a job's parameters and the session note are made of.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
