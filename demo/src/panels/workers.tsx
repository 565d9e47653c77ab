// One line per slot: how its time goes, rows a second, its share of all rows, and a button that kills it.
import { formatCompact, formatPercent } from '../format.ts';
import { KillIcon } from '../icons.tsx';
import { run } from '../run/run.ts';
import type { SubtaskRates } from '../run/rates.ts';
import { TimeBar } from '../graph/time-bar.tsx';

export function Workers() {
  const status = run.status.value;
  const { subtasks } = run.metrics.value;
  const rates = [...run.rates.value.values()];
  const sources = new Set(run.graph.value?.vertices.filter(({ input }) => input.kind === 'source').map(({ id }) => id));
  const total = subtasks.reduce((sum, { rowsIn, vertex }) => sum + (sources.has(vertex) ? 0 : rowsIn), 0);
  const channel = status?.channel;
  return (
    <section class="card workers" aria-labelledby="workers-title">
      <div class="card-head">
        <h2 id="workers-title">Workers</h2>
        <span class="card-note" title="How rows cross from one worker to another">
          {channel === 'ring' ? 'shared-memory rings' : channel === 'message' ? 'transferred messages' : ''}
        </span>
      </div>
      <ul class="worker-list">
        {Array.from({ length: run.parallelism.value }, (_, slot) => {
          const mine = rates.filter((rate) => rate.slot === slot);
          const rows = subtasks.reduce(
            (sum, { rowsIn, vertex, slot: of }) => sum + (of === slot && !sources.has(vertex) ? rowsIn : 0),
            0,
          );
          return (
            <li key={slot} class="worker">
              <span class="worker-name">Worker {slot}</span>
              <TimeBar {...shares(mine)} label={`Worker ${slot}`} />
              <span class="worker-rate">
                {formatCompact(mine.reduce((sum, { rowsInPerSecond }) => sum + rowsInPerSecond, 0))} rows/s
              </span>
              <span class="worker-share" title="Share of the keyed rows that this worker has handled">
                {total === 0 ? '–' : formatPercent(rows / total)}
              </span>
              <button
                type="button"
                class="kill"
                disabled={status?.phase !== 'running'}
                onClick={() => void run.kill(slot)}
                aria-label={`Kill worker ${slot}`}
                title={`Kill worker ${slot}`}
              >
                <KillIcon />
              </button>
            </li>
          );
        })}
      </ul>
      <p class="legend">
        <span class="swatch busy" /> busy <span class="swatch pressed" /> backpressured <span class="swatch idle" />{' '}
        idle
      </p>
    </section>
  );
}

/** All chains of a slot share its one thread: their busy times add up. */
function shares(rates: readonly SubtaskRates[]): { readonly busy: number; readonly backpressured: number } {
  const busy = Math.min(
    1,
    rates.reduce((sum, rate) => sum + rate.busy, 0),
  );
  const backpressured = Math.min(1 - busy, Math.max(0, ...rates.map((rate) => rate.backpressured)));
  return { busy, backpressured };
}
