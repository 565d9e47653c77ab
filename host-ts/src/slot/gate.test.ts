/** The way in: turns, alignment, merged watermarks, idleness, packets of other attempts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlayedReceiver } from '../../test/slot/played-channels.ts';
import { Gate } from './gate.ts';

/** Takes everything that can be taken, as text; frames are released at once. */
function all(gate: Gate): string[] {
  const taken: string[] = [];
  for (let arrival = gate.next(); arrival !== undefined; arrival = gate.next()) {
    if (arrival.kind === 'frame') {
      taken.push(`frame ${arrival.packet.payload[0]}`);
      arrival.release();
    } else if (arrival.kind === 'watermark') taken.push(`watermark ${arrival.watermark}`);
    else if (arrival.kind === 'barrier') taken.push(`barrier ${arrival.epoch}`);
    else taken.push('idle');
  }
  return taken;
}

function gateOf(count: number): { readonly gate: Gate; readonly channels: readonly PlayedReceiver[] } {
  const channels = Array.from({ length: count }, () => new PlayedReceiver());
  return { gate: new Gate(channels, 1, { skipAlignment: false }), channels };
}

test('channels take turns', () => {
  const { gate, channels } = gateOf(2);
  channels[0]?.frame(1).frame(2).frame(3);
  channels[1]?.frame(11).frame(12);
  assert.deepEqual(all(gate), ['frame 1', 'frame 11', 'frame 2', 'frame 12', 'frame 3']);
  assert.equal(gate.receivedBytes, 5);
});

test('a frame stays where it is until it is released', () => {
  const { gate, channels } = gateOf(1);
  channels[0]?.frame(1).frame(2);
  const arrival = gate.next();
  assert.equal(channels[0]?.queue.length, 2);
  if (arrival?.kind === 'frame') arrival.release();
  assert.deepEqual(all(gate), ['frame 2']);
});

test('a channel that has delivered its barrier is not read until all have, and release', () => {
  const { gate, channels } = gateOf(3);
  channels[0]?.frame(1).barrier(4).frame(2);
  channels[1]?.barrier(4).watermark(5);
  channels[2]?.frame(21);
  assert.deepEqual(all(gate), ['frame 1', 'frame 21']);
  assert.equal(channels[0]?.queue.length, 1, 'what follows the barrier holds its credit');
  channels[2]?.frame(22).barrier(4).frame(23);
  assert.deepEqual(all(gate), ['frame 22', 'barrier 4']);
  assert.deepEqual(all(gate), [], 'not before the state is frozen');
  gate.release();
  assert.deepEqual(all(gate), ['frame 2', 'frame 23']);
});

test('the smallest watermark counts, and a channel’s never falls', () => {
  const { gate, channels } = gateOf(2);
  channels[0]?.watermark(10);
  assert.deepEqual(all(gate), [], 'nothing is known of the other');
  channels[1]?.watermark(5).watermark(4).watermark(12);
  assert.deepEqual(all(gate), ['watermark 5', 'watermark 10']);
});

test('an idle channel does not hold the others back, and counts again when it goes on', () => {
  const { gate, channels } = gateOf(2);
  channels[0]?.watermark(10);
  channels[1]?.idle();
  assert.deepEqual(all(gate), ['watermark 10']);
  channels[0]?.watermark(20);
  channels[1]?.watermark(15);
  assert.deepEqual(all(gate), ['watermark 20'], 'the one that is behind was still idle');
  channels[0]?.watermark(30);
  assert.deepEqual(all(gate), [], 'now 15 holds it back');
  channels[1]?.watermark(25);
  assert.deepEqual(all(gate), ['watermark 25']);
  channels[0]?.idle();
  channels[1]?.idle();
  assert.deepEqual(all(gate), ['idle'], 'only when all are');
});

test('packets of other attempts are dropped, whatever they are', () => {
  const { gate, channels } = gateOf(1);
  channels[0]?.frame(1, 0).barrier(9, 0).watermark(99, 2).frame(2).barrier(3, 7).watermark(4);
  assert.deepEqual(all(gate), ['frame 2', 'watermark 4']);
  gate.close();
  assert.equal(channels[0]?.closed, true);
});

test('a packet of no kind is a bug', () => {
  const { gate, channels } = gateOf(1);
  channels[0]?.queue.push({
    kind: 9,
    attempt: 1,
    rowCount: 0,
    value: 0n,
    sequence: 0,
    payload: new Uint8Array(0),
  });
  assert.throws(() => gate.next(), { code: 'CHANNEL_CORRUPT', message: /kind 9 on channel 0/ });
});
