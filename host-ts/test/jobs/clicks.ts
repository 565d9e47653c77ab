// A small job for tests of the homes: generated clicks, counted by user and minute, over four splits.
import { count, generator, job, minutes, seconds, sum, tumble } from '../../src/api/index.ts';
import type { JobDefinition } from '../../src/api/index.ts';
import { i64, timestamp, utf8 } from '../../src/schema/index.ts';

export const ROWS = 20_000;
const START_MS = Date.UTC(2024, 0, 1);

export function click(index: number): { time: number; user: string; amount: bigint } {
  const late = (index * 7919) % 900; // disorder within the bound of a second
  return { time: START_MS + index * 50 - late, user: `user ${(index * 31) % 97}`, amount: BigInt(index % 1000) };
}

/** The job; `rowsPerSecond` of each split slows it down. */
export function clicksJob(name: string, rowsPerSecond?: number): JobDefinition {
  const schema = { time: timestamp(), user: utf8(), amount: i64() };
  const options = { rows: ROWS, splits: 4, ...(rowsPerSecond !== undefined && { rowsPerSecond }) };
  const clicks = generator(schema, click, options);
  return job(name, (env) =>
    env
      .source(clicks)
      .watermarks({ column: 'time', outOfOrder: seconds(1) })
      .keyBy('user')
      .window(tumble(minutes(1)))
      .aggregate({ clicks: count(), total: sum('amount') })
      .sink(env.table('clicks_by_minute', { key: ['user', 'window_start'] })),
  );
}

export default clicksJob('clicks');

/** What the job's table must hold, row by row in key order. */
export function expectedRows(): Record<string, unknown>[] {
  const cells = new Map<string, { user: string; start: number; clicks: bigint; total: bigint }>();
  for (let index = 0; index < ROWS; index++) {
    const { time, user, amount } = click(index);
    const start = Math.floor(time / 60_000) * 60_000;
    const key = `${user}/${start}`;
    const cell = cells.get(key) ?? { user, start, clicks: 0n, total: 0n };
    cells.set(key, cell);
    cell.clicks++;
    cell.total += amount;
  }
  return [...cells.values()]
    .sort((a, b) => (a.user === b.user ? a.start - b.start : a.user < b.user ? -1 : 1))
    .map(({ user, start, clicks, total }) => ({
      user,
      window_start: start,
      window_end: start + 60_000,
      clicks,
      total,
    }));
}
