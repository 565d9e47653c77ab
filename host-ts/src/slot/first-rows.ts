/** A sink that says when it gets its first rows: whoever waits for results need not wait for the clock. */
import type { Sink } from '../connectors/index.ts';

/** `tell` is called after the first rows have been pushed, once. */
export function tellingFirstRows(sink: Sink, tell: () => void): Sink {
  let told = false;
  return {
    push(frame) {
      sink.push(frame);
      if (told) return;
      told = true;
      tell();
    },
    prepare: (epoch) => sink.prepare(epoch),
    close: () => sink.close(),
  };
}
