/** The way out of a chain: who gets what, once each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sink } from '../connectors/index.ts';
import { PlayedSender, frameOf } from '../../test/slot/played-channels.ts';
import { ChainOutput } from './chain-output.ts';
import type { Route } from './chain-output.ts';

class PlayedSink implements Sink {
  readonly pushed: number[] = [];
  closed = false;

  push(frame: Uint8Array): void {
    this.pushed.push(frame[0] ?? -1);
  }

  prepare(): ReturnType<Sink['prepare']> {
    return { values: [], prepared: null };
  }

  close(): void {
    this.closed = true;
  }
}

const route = (over: Partial<Route> = {}): Route => ({ exchange: [], forward: [], sinks: [], ...over });

test('a frame of an exchange goes to its slot, everything else to all', () => {
  const slots = [new PlayedSender(), new PlayedSender()];
  const output = new ChainOutput(route({ exchange: slots }), route(), 5);
  assert.equal(output.frame(frameOf(1, { channel: 1, rows: 3 })), true);
  assert.equal(output.watermark(9n), true);
  assert.equal(output.barrier(2), true);
  assert.equal(output.idle(), true);
  assert.deepEqual(slots[0]?.sent, ['watermark 9', 'barrier 2', 'idle 0']);
  assert.deepEqual(slots[1]?.sent, ['frame 1', 'watermark 9', 'barrier 2', 'idle 0']);
  assert.deepEqual(
    slots[1]?.heads.map(({ attempt, rowCount }) => [attempt, rowCount]),
    [
      [5, 3],
      [5, 0],
      [5, 0],
      [5, 0],
    ],
  );
  assert.equal(output.rowsOut, 3);
  assert.equal(output.bytesOut, 1);
});

test('who has been served is not served again when another had no credit', () => {
  const senders = [new PlayedSender(), new PlayedSender(0), new PlayedSender()];
  const sink = new PlayedSink();
  const output = new ChainOutput(route({ forward: senders, sinks: [sink] }), route(), 1);
  assert.equal(output.frame(frameOf(1)), false);
  assert.equal(output.frame(frameOf(1)), false);
  assert.deepEqual(sink.pushed, [], 'sinks come last');
  senders[1]!.credit = 1;
  assert.equal(output.frame(frameOf(1)), true);
  for (const sender of senders) assert.deepEqual(sender.sent, ['frame 1']);
  assert.deepEqual(sink.pushed, [1]);
  assert.equal(output.rowsOut, 1);
});

test('late frames take the late way; watermarks and barriers take both', () => {
  const main = new PlayedSender();
  const late = new PlayedSender();
  const [mainSink, lateSink] = [new PlayedSink(), new PlayedSink()];
  const output = new ChainOutput(
    route({ forward: [main], sinks: [mainSink] }),
    route({ forward: [late], sinks: [lateSink] }),
    1,
  );
  output.frame(frameOf(1));
  output.frame(frameOf(2, { late: true }));
  output.barrier(4);
  assert.deepEqual(main.sent, ['frame 1', 'barrier 4']);
  assert.deepEqual(late.sent, ['frame 2', 'barrier 4']);
  assert.deepEqual([mainSink.pushed, lateSink.pushed], [[1], [2]]);
  assert.deepEqual(output.sinks, [mainSink, lateSink], 'late sinks follow the others');
  output.close();
  assert.ok(main.closed && late.closed && mainSink.closed && lateSink.closed);
});
