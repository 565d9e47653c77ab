/** What a job measures of itself, per subtask and as a whole. Plain data. */
export * from './metrics.ts';
