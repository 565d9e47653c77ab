// The job's table. "Newest" shows the rows that came last; "All rows" shows the whole table by key, of which only the
// visible part is fetched, and in which a search by the beginning of a key finds its place.
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TableRow } from 'sluice';
import { formatCount, formatEventTime } from '../format.ts';
import { SearchIcon } from '../icons.tsx';
import { run } from '../run/run.ts';
import { findPrefix } from './key-search.ts';
import type { RowRange } from './key-search.ts';
import { RowWindow } from './row-window.ts';

const ROW_PX = 30;
const VIEW_PX = 390;
/** Browsers end elements at some 17 to 33 million pixels; beyond this, scrolling skips rows. */
const SCROLL_PX_MAX = 8_000_000;

interface Column {
  readonly name: string;
  readonly type: string;
}

const mode = signal<'newest' | 'all'>('newest');
const query = signal('');
const found = signal<RowRange | undefined>(undefined);
const columns = signal<readonly Column[]>([]);
const scrollTop = signal(0);
const rows = new RowWindow();

const total = computed(() => {
  if (mode.value === 'newest') return run.latest.value.length;
  return found.value === undefined ? run.rowCount.value : found.value.to - found.value.from;
});

/** Keeps columns, search result and fetched rows in step with the run. */
export function followTable(): void {
  effect(() => {
    void run.generation.value;
    query.value = '';
    found.value = undefined;
    columns.value = [];
    rows.clear();
  });
  effect(() => {
    if (run.graph.value === undefined || run.handle === undefined) return;
    void run.handle
      .table(run.demo.peek().view.table)
      .columns()
      .then((names) => (columns.value = names));
  });
  effect(() => {
    void run.rowCount.value;
    rows.stale();
    void search(query.value);
  });
}

async function search(text: string): Promise<void> {
  const { handle } = run;
  if (handle === undefined || text === '') return void (found.value = undefined);
  const { table, key } = run.demo.peek().view;
  const range = await findPrefix(handle.table(table), key, text).catch(() => undefined);
  if (text === query.peek() && handle === run.handle) found.value = range;
}

export function ResultTable() {
  const view = run.results.value.view;
  const onSearch = (event: Event): void => {
    query.value = cased((event.currentTarget as HTMLInputElement).value.trim());
    if (query.value !== '') mode.value = 'all';
    scrollTop.value = 0;
  };
  return (
    <section class="card table-card" aria-labelledby="table-title">
      <div class="card-head">
        <h2 id="table-title">
          Table <code>{view.table}</code>
        </h2>
        <span class="card-note" data-testid="row-count">
          {found.value === undefined
            ? formatCount(run.rowCount.value)
            : `${formatCount(total.value)} of ${formatCount(run.rowCount.value)}`}{' '}
          rows
        </span>
        <label class="search">
          <SearchIcon />
          <input
            id="table-search"
            type="search"
            placeholder={`Find by ${view.keyLabel}`}
            aria-label={`Find rows whose ${view.keyLabel} begins with`}
            autocomplete="off"
            spellcheck={false}
            onInput={onSearch}
            value={query.value}
            aria-keyshortcuts="/"
          />
        </label>
        <div class="segmented small" role="radiogroup" aria-label="Rows shown">
          {(['newest', 'all'] as const).map((value) => (
            <label key={value} class="segment">
              <input
                type="radio"
                name="table-mode"
                checked={mode.value === value}
                onChange={() => (mode.value = value)}
              />
              <span>{value === 'newest' ? 'Newest' : 'All rows'}</span>
            </label>
          ))}
        </div>
      </div>
      <Grid />
    </section>
  );
}

/** Flights' keys are upper case; a search need not be. */
function cased(text: string): string {
  return run.demo.peek().id === 'own-file' ? text : text.toUpperCase();
}

function Grid() {
  const scroller = useRef<HTMLDivElement>(null);
  const count = total.value;
  const height = Math.min(SCROLL_PX_MAX, count * ROW_PX);
  const visible = Math.ceil(VIEW_PX / ROW_PX) + 1;
  const exact = count * ROW_PX <= SCROLL_PX_MAX;
  const share = scrollTop.value / Math.max(1, height - VIEW_PX);
  const first = exact ? Math.floor(scrollTop.value / ROW_PX) : Math.round(share * Math.max(0, count - visible + 1));
  const from = Math.max(0, Math.min(first, count - visible + 1));
  const top = exact ? from * ROW_PX : Math.min(scrollTop.value, height - (visible - 1) * ROW_PX);
  const shown = visibleRows(from, Math.min(count, from + visible));
  useEffect(() => {
    if (scrollTop.value === 0) scroller.current!.scrollTop = 0;
  }, [mode.value, query.value]);
  return (
    <div class="grid-frame">
      <div
        class="grid"
        role="table"
        aria-rowcount={count + 1}
        aria-label={`Rows of ${run.demo.value.view.table}`}
        style={{ '--columns': columns.value.length || 4 }}
      >
        <div role="rowgroup">
          <div class="grid-row grid-head" role="row" aria-rowindex={1}>
            {columns.value.map(({ name, type }) => (
              <span key={name} role="columnheader" class={isNumber(type) ? 'number' : ''}>
                {run.results.value.view.columnLabels[name] ?? name.replaceAll('_', ' ')}
              </span>
            ))}
          </div>
        </div>
        <div
          ref={scroller}
          class="grid-scroller"
          role="rowgroup"
          tabIndex={0}
          aria-label="Rows, scrollable"
          onScroll={(event) => (scrollTop.value = event.currentTarget.scrollTop)}
          style={{ height: `${VIEW_PX}px` }}
        >
          <div style={{ height: `${height}px` }} class="grid-space">
            <div style={{ transform: `translateY(${Math.max(0, top)}px)` }}>
              {shown.map((row, index) => (
                <div key={from + index} class="grid-row" role="row" aria-rowindex={from + index + 2}>
                  {columns.value.map(({ name, type }) => (
                    <span key={name} role="cell" class={isNumber(type) ? 'number' : ''}>
                      {row === undefined ? '' : cellText(row[name], type)}
                    </span>
                  ))}
                </div>
              ))}
            </div>
          </div>
          {count === 0 && (
            <p class="empty">
              {query.value === ''
                ? 'Rows appear when the first window has ended.'
                : `No row’s key begins with “${query.value}”.`}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}

function visibleRows(from: number, to: number): readonly (TableRow | undefined)[] {
  if (mode.value === 'newest') return run.latest.value.slice(from, to);
  void rows.version.value; // rows come later: then this runs again
  const { handle } = run;
  if (handle === undefined) return [];
  return rows.read(
    handle.table(run.demo.peek().view.table),
    (found.value?.from ?? 0) + from,
    (found.value?.from ?? 0) + to,
  );
}

function isNumber(type: string): boolean {
  return /^(i32|i64|f64)/.test(type);
}

function cellText(value: TableRow[string] | undefined, type: string): string {
  if (value === null || value === undefined) return '∅';
  if (type.startsWith('timestamp')) return formatEventTime(Number(value));
  if (typeof value === 'bigint') return value.toLocaleString('en-US');
  if (type === 'f64') return Number(value).toFixed(2);
  if (typeof value === 'number') return formatCount(value);
  return String(value);
}
