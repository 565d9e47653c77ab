/** The fluent way to say a job, and the types of the handle on a running one. */
export type { AggregateFunction, Argument } from './aggregates.ts';
export { Aggregation, avg, count, countDistinct, max, min, sum } from './aggregates.ts';
export { days, hours, minutes, ms, seconds } from './durations.ts';
export type { Env } from './env.ts';
export type * from './handle.ts';
export type { JobDefinition, JobOptions } from './job.ts';
export { buildJob, findJob, isJob, job } from './job.ts';
export type { Sink, TableOptions } from './sinks.ts';
export { blackhole, callback, collect, print, toFile } from './sinks.ts';
export type { GeneratorOptions, InputDefinition, SourceDefinition } from './sources.ts';
export { collection, generator, input } from './sources.ts';
export type {
  AggregatedStream,
  KeyedStream,
  SinkStep,
  SourceStream,
  Stream,
  WatermarkOptions,
  WindowedStream,
} from './stream.ts';
export type { WindowOptions, WindowSpec } from './windows.ts';
export { hop, tumble } from './windows.ts';
