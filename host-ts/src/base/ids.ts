/**
 * Ids and small shared types. Numbers with a meaning are branded, so that an epoch is never
 * passed where an attempt is wanted.
 */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** The number of a checkpoint, from 1. */
export type Epoch = Branded<number, 'Epoch'>;
/** The number of a run of the job, raised at every restart; every message carries it. */
export type Attempt = Branded<number, 'Attempt'>;
/** A worker with one engine, 0 … parallelism − 1. */
export type SlotIndex = Branded<number, 'SlotIndex'>;

export const epoch = (value: number): Epoch => value as Epoch;
export const attempt = (value: number): Attempt => value as Attempt;
export const slotIndex = (value: number): SlotIndex => value as SlotIndex;

/** Plain data that survives JSON and structured clone alike. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
