/** Every line is in exactly one split, whatever the cuts and the chunks, and reading goes on at any line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../platform/index.ts';
import { seeded } from '../../test/engine/test-engine.ts';
import { TextBytes } from './text-bytes.ts';
import type { TextRange } from './text-bytes.ts';

async function read(file: Uint8Array, range: TextRange, chunkBytes: number, start?: number): Promise<string> {
  const bytes = new TextBytes(bytesSource('text', file), range, chunkBytes, start);
  const parts: Uint8Array[] = [];
  for (let chunk = await bytes.next(); chunk !== undefined; chunk = await bytes.next()) {
    assert.equal(parts.length > file.length + 1, false, 'a split must end with the file');
    parts.push(chunk.bytes.slice());
  }
  return Buffer.concat(parts).toString();
}

test('every line belongs to exactly one split', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed * 31);
    const lines = Array.from({ length: random(12) }, () => 'x'.repeat(random(random(5) === 0 ? 60 : 6)));
    const text = lines.join('\n') + (random(2) === 0 ? '\n' : '');
    const file = new TextEncoder().encode(text);
    const size = 1 + random(20);
    const count = Math.max(1, Math.ceil(file.length / size));
    const ranges = Array.from({ length: count }, (_, n) => ({
      from: n * size,
      to: n === count - 1 ? Number.POSITIVE_INFINITY : (n + 1) * size,
    }));
    const parts: string[] = [];
    for (const range of ranges) parts.push(await read(file, range, 1 + random(30)));
    assert.equal(parts.join(''), text, `seed ${seed}`);
    for (const [n, range] of ranges.entries()) {
      const part = parts[n]!;
      const begin = parts.slice(0, n).join('').length;
      const ends = Array.from(part, (letter, at) => (letter === '\n' ? at + 1 : -1)).filter((at) => at > 0);
      for (const at of ends.filter((end) => end < part.length)) {
        const rest = await read(file, range, 1 + random(30), begin + at);
        assert.equal(rest, part.slice(at), `seed ${seed}, going on at ${begin + at}`);
      }
    }
  }
});
