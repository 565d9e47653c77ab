// Splits: every line in exactly one, whatever the cuts and the chunks; schemas of unknown files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../test/formats/decode-text.ts';
import { SPLIT_BYTES, splitRanges, SplitTrimmer } from './split.ts';
import type { ByteRange } from './split.ts';

/** The text that a split's reader gets, chunk by chunk, from `at` on. */
function read(file: Uint8Array, range: ByteRange, chunkBytes: number, resumeAt?: number): string {
  const trimmer = new SplitTrimmer(range, file.length, resumeAt !== undefined);
  const parts: Uint8Array[] = [];
  let at = resumeAt ?? range.from;
  let end: number | undefined;
  for (;;) {
    const chunk = file.subarray(at, at + chunkBytes);
    const part = trimmer.trim(chunk, at);
    if (part.bytes.length > 0) {
      assert.ok(end === undefined || part.offset === end, 'parts adjoin');
      end = part.offset + part.bytes.length;
    }
    parts.push(part.bytes);
    at += chunk.length;
    if (part.isLast) return Buffer.concat(parts).toString();
    assert.ok(chunk.length > 0, 'a split must end with the file');
  }
}

test('every line belongs to exactly one split', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed * 31);
    const lines = Array.from({ length: random(12) }, () => 'x'.repeat(random(random(5) === 0 ? 60 : 6)));
    const text = lines.join('\n') + (random(2) === 0 ? '\n' : '');
    const file = new TextEncoder().encode(text);
    const size = 1 + random(20);
    const count = Math.max(1, Math.ceil(file.length / size));
    const ranges = Array.from({ length: count }, (_, n) => ({
      from: n * size,
      to: Math.min(file.length, (n + 1) * size),
    }));
    const parts = ranges.map((range) => read(file, range, 1 + random(30)));
    assert.equal(parts.join(''), text, `seed ${seed}`);
    for (const part of parts.slice(0, -1)) assert.ok(part === '' || part.endsWith('\n') || text.endsWith(part));
    ranges.forEach((range, n) => {
      const part = parts[n]!;
      const start = parts.slice(0, n).join('').length;
      for (let at = part.indexOf('\n') + 1; at > 0 && at <= part.length; at = part.indexOf('\n', at) + 1) {
        assert.equal(
          read(file, range, 1 + random(30), start + at),
          part.slice(at),
          `seed ${seed} resumed at ${start + at}`,
        );
        if (at === part.length) break;
      }
    });
  }
});

test('ranges have a fixed size, cover the file, and are one where lines cannot be told', () => {
  assert.deepEqual(splitRanges(0, true), [{ from: 0, to: 0 }]);
  assert.deepEqual(splitRanges(SPLIT_BYTES * 3, false), [{ from: 0, to: SPLIT_BYTES * 3 }]);
  assert.deepEqual(splitRanges(SPLIT_BYTES * 2 + 5, true), [
    { from: 0, to: SPLIT_BYTES },
    { from: SPLIT_BYTES, to: SPLIT_BYTES * 2 },
    { from: SPLIT_BYTES * 2, to: SPLIT_BYTES * 2 + 5 },
  ]);
});
