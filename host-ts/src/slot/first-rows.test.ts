/** A sink that tells of its first rows: once, after they have been pushed, and else as the sink is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING_PREPARED } from '../connectors/index.ts';
import { tellingFirstRows } from './first-rows.ts';

test('tells once, when the rows are there', () => {
  const calls: string[] = [];
  const sink = tellingFirstRows(
    {
      push: (frame) => calls.push(`push ${frame.length}`),
      prepare: (epoch) => {
        calls.push(`prepare ${epoch}`);
        return NOTHING_PREPARED;
      },
      close: () => calls.push('close'),
    },
    () => calls.push('told'),
  );
  assert.equal(sink.prepare(1), NOTHING_PREPARED);
  sink.push(new Uint8Array(3));
  sink.push(new Uint8Array(4));
  sink.prepare(2);
  sink.close();
  assert.deepEqual(calls, ['prepare 1', 'push 3', 'told', 'push 4', 'prepare 2', 'close']);
});
