/** The slot's half of each kind of sink that a job can name. */
import { csvHeader, encodeCsv, encodeNdjson } from '../formats/index.ts';
import type { SinkSpec } from '../plan/index.ts';
import type { Schema } from '../schema/index.ts';
import { BlackholeSink } from './blackhole-sink.ts';
import { FileSink } from './file-sink.ts';
import { ForwardSink } from './forward-sink.ts';
import type { Sink } from './sink.ts';
import { TableSink } from './table-sink.ts';

/**
 * `schema`: of the frames that will be pushed; `forward`: takes a frame (ownership goes to it) to the coordinator's
 * side, for the sinks that act there.
 */
export function createSink(spec: SinkSpec, schema: Schema, forward: (frame: Uint8Array<ArrayBuffer>) => void): Sink {
  switch (spec.kind) {
    case 'table':
      return new TableSink(spec.name, schema, spec.key);
    case 'file': {
      const { format, path } = spec;
      const names = Object.keys(schema);
      if (format === 'csv') return new FileSink({ path, header: csvHeader(names), encode: encodeCsv });
      return new FileSink({ path, header: '', encode: (frame) => encodeNdjson(frame, names) });
    }
    case 'blackhole':
      return new BlackholeSink();
    default:
      return new ForwardSink(forward);
  }
}
