// A Worker with one large table in its object, on the object's SQLite; tables.test.mjs asks it over HTTP:
// /table as a coordinator answers it, /more for an epoch that replaces every row, /state for what is read and held.
import { DurableObject } from 'cloudflare:workers';
import { checksum } from '../../host-ts/src/base/index.ts';
import { HeldValues } from '../../host-ts/src/checkpoint/index.ts';
import type { TableSegment } from '../../host-ts/src/checkpoint/index.ts';
import { timersOf } from '../../host-ts/src/platform/index.ts';
import { i64, utf8 } from '../../host-ts/src/schema/index.ts';
import { appendValue } from '../../host-ts/src/table/row-value.ts';
import { encodeSegments, RowStore, Table } from '../../host-ts/src/table/index.ts';
import { answering } from '../src/http-answers.ts';
import { SqliteCheckpointStorage } from '../src/sqlite-checkpoint-storage.ts';
import { tableAnswer } from '../src/table-answers.ts';

/** Little is stored of a row, and much is answered: a socket's buffers are nothing beside the whole. */
const ROWS = 400_000;
const LONG = 'x'.repeat(250);
const SCHEMA = { id: i64(), epoch: i64(), text: utf8() };
const ATTEMPT = 1;

const timers = timersOf(
  (callback, delayMs) => setTimeout(callback, delayMs),
  (timer) => clearTimeout(timer),
  (callback) => void setTimeout(callback, 0),
);

export class Coordinator extends DurableObject {
  readonly #storage = new SqliteCheckpointStorage(this.ctx.storage);
  readonly #held = new HeldValues(this.#storage);
  #fetchedBytes = 0;
  #epoch = 0;
  readonly #table = new Table({
    name: 'large',
    schema: SCHEMA,
    key: ['id'],
    viewBytesMax: 0,
    values: {
      getValue: (name) => this.#held.getValue(name),
      getPart: (name, at, bytes) => {
        this.#fetchedBytes += bytes;
        return this.#held.getPart(name, at, bytes);
      },
      hold: (names) => this.#held.hold(names),
    },
  });

  override fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/table') {
      const asked = { parameters: searchParams, bodyless: request.method === 'HEAD' };
      return answering(() => tableAnswer(this.#table, asked, timers));
    }
    return answering(async () => {
      if (pathname === '/more') await this.#more();
      return Response.json({
        fetchedBytes: this.#fetchedBytes,
        aside: this.#held.asideCount,
        storedBytes: this.#table.segments.reduce((sum, { bytes }) => sum + bytes, 0),
      });
    });
  }

  /** The next epoch has all rows anew; the one before it is let go. */
  async #more(): Promise<void> {
    const epoch = ++this.#epoch;
    if (epoch === 1) await this.#storage.fence(ATTEMPT);
    const old = this.#table.segments.map(({ value }) => value);
    const segments: TableSegment[] = [];
    for (const { bytes, rows, index } of encodeSegments(rowsOf(epoch))) {
      const value = `e${epoch}-${segments.length}`;
      await this.#storage.putValue(ATTEMPT, value, bytes);
      segments.push({ value, bytes: bytes.length, rows, sum: checksum(bytes), index, epoch, slot: 0 });
    }
    this.#table.reset(segments);
    await this.#held.release(ATTEMPT, [], old);
  }
}

function rowsOf(epoch: number): RowStore {
  const store = new RowStore(SCHEMA, [0]);
  store.reserve(ROWS);
  for (let id = 0; id < ROWS; id++) {
    [BigInt(id), BigInt(epoch), LONG].forEach((value, index) => appendValue(store, { index, value, table: 'large' }));
    store.rows++;
  }
  return store;
}

export class Slot extends DurableObject {}
export class Log extends DurableObject {}

export default {
  fetch(request: Request, env: object): Promise<Response> {
    const { SLUICE_COORDINATOR } = env as { SLUICE_COORDINATOR: { getByName(name: string): Coordinator } };
    return SLUICE_COORDINATOR.getByName('table').fetch(request);
  },
};
