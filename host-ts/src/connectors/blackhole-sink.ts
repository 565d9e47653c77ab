/** Drops its rows: what remains is the cost of making them. Nothing is stored at a barrier. */
import { NOTHING_PREPARED } from './sink.ts';
import type { PreparedSink, Sink } from './sink.ts';

export class BlackholeSink implements Sink {
  push(): void {}

  prepare(): PreparedSink {
    return NOTHING_PREPARED;
  }

  close(): void {}
}
