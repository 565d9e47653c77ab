// The run on the page: one job at a time, its handle, and everything the panels show as signals. All actions of the
// controls end here. A run that was replaced by another one is never heard again (`#generation`).
import { batch, signal } from '@preact/signals';
import type { JobGraph, JobHandle, JobMetrics, JobStatus, TableChange, TableRow } from 'sluice';
import type { PageJobHandle } from 'sluice/browser';
import { explain } from 'sluice';
import { ResultStore } from '../results/result-store.ts';
import type { DemoJob } from './demo-jobs.ts';
import { LATE_FLIGHTS } from './demo-jobs.ts';
import { startJob } from './home.ts';
import { DEFAULT_SPEED } from './pace.ts';
import { RateMeter } from './rates.ts';
import type { SubtaskRates } from './rates.ts';
import { tell, tellFinished, tellRecovery, tellResumed } from './run-events.ts';
import { writeSession } from './session.ts';

const LATEST_ROWS = 200;
/** Rows of a restored table that are fetched at once to fill chart and ranking. */
const FILL_ROWS = 4_000;

export interface RunSettings {
  readonly parallelism: number;
  readonly paceSpeed: number | null;
  readonly resume: boolean;
}

export class Run {
  readonly demo = signal<DemoJob>(LATE_FLIGHTS);
  readonly status = signal<JobStatus | undefined>(undefined);
  readonly metrics = signal<JobMetrics>({ subtasks: [], checkpoints: [] });
  readonly rates = signal<ReadonlyMap<string, SubtaskRates>>(new Map());
  readonly graph = signal<JobGraph | undefined>(undefined);
  readonly plan = signal('');
  readonly results = signal(new ResultStore(LATE_FLIGHTS.view));
  /** Raised with every change of the results. */
  readonly resultVersion = signal(0);
  readonly rowCount = signal(0);
  /** The rows that came last, newest first. */
  readonly latest = signal<readonly TableRow[]>([]);
  readonly parallelism = signal(2);
  readonly paceSpeed = signal<number | null>(DEFAULT_SPEED);
  /** The rows of a restored table are being read. */
  readonly filling = signal(false);
  /** An action is under way: its name, for the controls. */
  readonly pending = signal<string | undefined>(undefined);
  /** Raised when another run takes the page. */
  readonly generation = signal(0);
  readonly #meter = new RateMeter();
  #handle: PageJobHandle | undefined;
  #killed: number | undefined;

  get handle(): PageJobHandle | undefined {
    return this.#handle;
  }

  /** Replaces what runs now. */
  async begin(demo: DemoJob, settings: RunSettings): Promise<void> {
    const generation = this.generation.peek() + 1;
    const before = this.#handle;
    this.#handle = undefined;
    this.#killed = undefined;
    this.#meter.reset();
    batch(() => {
      this.generation.value = generation;
      this.demo.value = demo;
      this.status.value = undefined;
      this.metrics.value = { subtasks: [], checkpoints: [] };
      this.rates.value = new Map();
      this.graph.value = undefined;
      this.results.value = new ResultStore(demo.view);
      this.resultVersion.value++;
      this.rowCount.value = 0;
      this.latest.value = [];
      this.filling.value = settings.resume;
      this.parallelism.value = settings.parallelism;
      this.paceSpeed.value = settings.paceSpeed;
    });
    try {
      await before?.cancel();
      before?.close();
      if (generation !== this.generation.peek()) return;
      const handle = await startJob(demo, settings);
      if (generation !== this.generation.peek()) return handle.close();
      this.#handle = handle;
      this.#remember(false);
      await this.#follow(handle, generation, settings.resume);
    } catch (error) {
      if (generation === this.generation.peek()) this.#failed(error);
    }
  }

  async #follow(handle: JobHandle, generation: number, resumed: boolean): Promise<void> {
    const current = (): boolean => generation === this.generation.peek();
    handle.done.then(
      async () => current() && (await this.#ended(handle)),
      (error: unknown) => current() && this.#failed(error),
    );
    const table = handle.table(this.demo.peek().view.table);
    await table.subscribe((changes) => current() && this.#changed(changes));
    const [graph, status] = await Promise.all([handle.graph(), handle.status()]);
    if (!current()) return;
    batch(() => {
      this.graph.value = graph;
      this.plan.value = explain(graph);
      this.parallelism.value = status.parallelism;
      this.#noteStatus(status);
    });
    if (resumed) tellResumed(status);
    await handle.observe((seen, metrics) => current() && this.#observed(seen, metrics));
    if (status.restoredEpoch > 0) await this.#fill(handle, current);
    if (current()) this.filling.value = false;
  }

  /** The rows that a restored table already has. */
  async #fill(handle: JobHandle, current: () => boolean): Promise<void> {
    const table = handle.table(this.demo.peek().view.table);
    for (let offset = 0; ; offset += FILL_ROWS) {
      const rows = await table.scan({ offset, limit: FILL_ROWS });
      if (!current()) return;
      batch(() => {
        this.results.peek().apply(rows);
        this.resultVersion.value++;
        this.latest.value = newestRows(rows, this.latest.peek(), this.demo.peek().view.key);
      });
      this.#markFirstResult(rows.length);
      if (rows.length < FILL_ROWS) break;
    }
    this.rowCount.value = await table.rowCount();
  }

  #changed({ rows, rowCount }: TableChange): void {
    batch(() => {
      this.results.peek().apply(rows);
      this.resultVersion.value++;
      this.rowCount.value = rowCount;
      this.latest.value = newestRows(rows, this.latest.peek(), this.demo.peek().view.key);
    });
    this.#markFirstResult(rows.length);
  }

  #markFirstResult(rows: number): void {
    if (rows === 0 || performance.getEntriesByName('sluice:first-result').length > 0) return;
    // the frame after the next paint's start: by then the rows are on the screen
    requestAnimationFrame(() => performance.mark('sluice:first-result'));
  }

  #observed(status: JobStatus, metrics: JobMetrics): void {
    batch(() => {
      this.#noteStatus(status);
      this.metrics.value = metrics;
      this.rates.value = this.#meter.note(metrics, performance.now());
    });
  }

  #noteStatus(status: JobStatus): void {
    const before = this.status.peek();
    for (const recovery of status.recoveries.slice(before?.recoveries.length ?? 0)) {
      tellRecovery(recovery, this.#killed);
      this.#killed = undefined;
    }
    this.status.value = status;
  }

  async #ended(handle: JobHandle): Promise<void> {
    const [status, rows] = await Promise.all([handle.status(), handle.table(this.demo.peek().view.table).rowCount()]);
    batch(() => {
      this.#noteStatus(status);
      this.rowCount.value = rows;
      this.rates.value = new Map();
      this.results.peek().ended = status.phase === 'finished';
      this.resultVersion.value++;
    });
    if (status.phase === 'finished') tellFinished(status, rows);
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const { code, hint } = error as { readonly code?: string; readonly hint?: string };
    tell('bad', code ?? 'The run failed', [message.replace(`${code}: `, ''), hint].filter(Boolean).join(' '));
    const status = this.status.peek();
    if (status !== undefined) this.status.value = { ...status, phase: 'failed' };
    this.#remember(true);
  }

  /** Runs one action of the controls; what it throws is told, not lost. */
  async #act(name: string, action: (handle: JobHandle) => Promise<unknown>): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined || this.pending.peek() !== undefined) return;
    this.pending.value = name;
    try {
      await action(handle);
    } catch (error) {
      tell('bad', `Could not ${name}`, error instanceof Error ? error.message : String(error));
    } finally {
      this.pending.value = undefined;
    }
  }

  get ended(): boolean {
    const phase = this.status.value?.phase;
    return phase === 'finished' || phase === 'failed' || phase === 'cancelled';
  }

  togglePause(): Promise<void> {
    const paused = this.status.peek()?.paused === true;
    return this.#act(paused ? 'go on' : 'pause', (handle) => (paused ? handle.resume() : handle.pause()));
  }

  setPace(speed: number | null): Promise<void> {
    this.paceSpeed.value = speed;
    this.#remember(false);
    return this.#act('change the pace', (handle) => handle.setPace(speed));
  }

  rescale(parallelism: number): Promise<void> {
    const before = this.parallelism.peek();
    this.parallelism.value = parallelism;
    if (this.ended) return Promise.resolve();
    return this.#act('change the number of workers', async (handle) => {
      try {
        await handle.rescale(parallelism);
      } catch (error) {
        this.parallelism.value = before;
        throw error;
      }
      const { epoch } = await handle.status();
      tell(
        'plain',
        `Now on ${parallelism} ${parallelism === 1 ? 'worker' : 'workers'}`,
        `The state was divided anew from epoch ${epoch}.`,
      );
      this.#remember(false);
    });
  }

  kill(slot: number): Promise<void> {
    this.#killed = slot;
    return this.#act('kill a worker', (handle) => handle.killSlot(slot));
  }

  checkpoint(): Promise<void> {
    return this.#act('take a checkpoint', (handle) => handle.checkpoint());
  }

  /** From the first row, forgetting the checkpoints. */
  restart(): Promise<void> {
    tell('plain', 'Started from scratch', 'The checkpoints of the former run are forgotten.');
    return this.begin(this.demo.peek(), {
      parallelism: this.parallelism.peek(),
      paceSpeed: this.paceSpeed.peek(),
      resume: false,
    });
  }

  #remember(failed: boolean): void {
    const demo = this.demo.peek();
    writeSession({
      jobId: demo.id,
      parameters: demo.parameters ?? null,
      parallelism: this.parallelism.peek(),
      paceSpeed: this.paceSpeed.peek(),
      failed,
    });
  }
}

/** The newest windows' rows, those of the same window by key. */
function newestRows(rows: readonly TableRow[], before: readonly TableRow[], key: string): readonly TableRow[] {
  const time = (row: TableRow): number => Number(row['window_start']);
  const oldest = before.length < LATEST_ROWS ? -Infinity : time(before.at(-1)!);
  const newer = rows.filter((row) => time(row) >= oldest);
  const replaced = new Set(newer.map((row) => `${time(row)} ${row[key]}`));
  const kept = before.filter((row) => !replaced.has(`${time(row)} ${row[key]}`));
  const order = (a: TableRow, b: TableRow): number => time(b) - time(a) || (String(a[key]) < String(b[key]) ? -1 : 1);
  return [...newer, ...kept].sort(order).slice(0, LATEST_ROWS);
}

export const run = new Run();
