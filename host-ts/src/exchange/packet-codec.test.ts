// Packets survive the way through bytes, and bytes of any content stay inside the memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../base/index.ts';
import { PACKET_IDLE, PACKET_FRAME, PACKET_HEADER_BYTES, PACKET_WATERMARK } from './channel.ts';
import { packetBytes, packetMemory, readPacket, writePacket } from './packet-codec.ts';

const CHANNEL = { edge: 3, from: 0, to: 1 };

test('a packet comes back as it was written', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      fc.nat(0x7fffffff),
      fc.nat(4096),
      fc.nat(0xffffffff),
      fc.nat(10),
      (payload, value, attempt, rowCount, sequence, shift) => {
        const memory = packetMemory(new ArrayBuffer(1024), 0, 1024);
        const at = shift * 16;
        writePacket(memory, at, { kind: PACKET_FRAME, attempt, rowCount, value }, sequence, payload);
        const packet = readPacket(memory, at, at + packetBytes(payload.length), sequence, CHANNEL);
        assert.deepEqual(
          { ...packet, payload: [...packet.payload] },
          {
            kind: PACKET_FRAME,
            attempt,
            rowCount,
            value,
            sequence,
            payload: [...payload],
          },
        );
      },
    ),
  );
});

test('hostile bytes give CHANNEL_CORRUPT or a packet inside the memory, never an access beyond it', () => {
  let accepted = 0;
  // each word is mostly near a valid one, so that every check is passed by some and failed by others
  const near = (...usual: number[]): fc.Arbitrary<number> =>
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.integer() });
  const words = fc.tuple(
    near(1, 2, 4, 5),
    near(0, 16, 64, 96, 97),
    near(1),
    near(0, 4096),
    near(3),
    near(4),
    near(2),
    near(0),
  );
  fc.assert(
    fc.property(
      words,
      near(-16, 0, 32, 64, 96, 112).map((at) => at & -16),
      near(0, 31, 64, 128, 200),
      fc.constantFrom(1, 2, 2, 2),
      (words, at, end, sequence) => {
        const memory = packetMemory(new ArrayBuffer(256), 64, 128);
        memory.words.set(words, Math.max(0, Math.min(at, 96)) >> 2);
        try {
          const { payload } = readPacket(memory, at, end, sequence, CHANNEL);
          const from = payload.byteOffset - 64;
          assert.ok(from >= PACKET_HEADER_BYTES && from + payload.length <= Math.min(end, 128));
          accepted++;
        } catch (error) {
          assert.ok(error instanceof SluiceError && error.code === 'CHANNEL_CORRUPT', String(error));
        }
      },
    ),
    { numRuns: 20_000 },
  );
  assert.ok(accepted > 0, 'no case was accepted: the test proves nothing');
});

test('each field of the header is checked', () => {
  const write = (at: number, value: number): (() => unknown) => {
    const memory = packetMemory(new ArrayBuffer(256), 0, 256);
    writePacket(memory, 0, { kind: PACKET_FRAME, attempt: 1, rowCount: 5, value: 7n }, 9, new Uint8Array(40));
    memory.words[at] = value;
    return () => readPacket(memory, 0, 80, 9, CHANNEL);
  };
  assert.doesNotThrow(write(1, 48));
  for (const [at, value] of [
    [0, 0],
    [0, PACKET_IDLE + 1],
    [0, PACKET_WATERMARK],
    [1, 49],
    [1, -1],
    [2, -1],
    [3, -1],
    [3, 4097],
    [6, 8],
    [7, 1],
  ] as const) {
    assert.throws(write(at, value), { code: 'CHANNEL_CORRUPT' }, `word ${at} = ${value}`);
  }
});
