// The part of a table that is on the screen, fetched in pages of rows and kept until the table changes. A stale page
// stays visible until its successor is there, so that nothing flickers.
import { signal } from '@preact/signals';
import type { TableHandle, TableRow } from 'sluice';

const PAGE_ROWS = 100;
const PAGES_KEPT_MAX = 50;

interface Page {
  rows: readonly TableRow[];
  /** The state of the table that the rows are of. */
  of: number;
}

export class RowWindow {
  /** Raised when rows have arrived. */
  readonly version = signal(0);
  readonly #pages = new Map<number, Page>();
  readonly #asked = new Set<number>();
  #tableState = 0;
  #life = 0;

  /** The rows that are there; what is missing or stale is fetched. */
  read(table: TableHandle, from: number, to: number): readonly (TableRow | undefined)[] {
    for (let page = Math.floor(from / PAGE_ROWS); page * PAGE_ROWS < to; page++) {
      if (this.#pages.get(page)?.of !== this.#tableState && !this.#asked.has(page)) void this.#fetch(table, page);
    }
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => {
      const row = from + index;
      return this.#pages.get(Math.floor(row / PAGE_ROWS))?.rows[row % PAGE_ROWS];
    });
  }

  /** The table has changed. */
  stale(): void {
    this.#tableState++;
    this.version.value = this.version.peek() + 1;
  }

  /** Another table. */
  clear(): void {
    this.#life++;
    this.#pages.clear();
    this.#asked.clear();
    this.stale();
  }

  async #fetch(table: TableHandle, page: number): Promise<void> {
    const life = this.#life;
    const of = this.#tableState;
    this.#asked.add(page);
    const rows = await table.scan({ offset: page * PAGE_ROWS, limit: PAGE_ROWS }).catch(() => undefined);
    if (life !== this.#life) return;
    this.#asked.delete(page);
    if (rows === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, { rows, of });
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT_MAX) break;
      this.#pages.delete(old);
    }
    this.version.value = this.version.peek() + 1;
  }
}
