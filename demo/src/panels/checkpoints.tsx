// The checkpoints of this page's run, newest first. Those that the job was restored from are marked.
import { formatBytes, formatClock, formatDuration } from '../format.ts';
import { FlagIcon } from '../icons.tsx';
import { run } from '../run/run.ts';

const SHOWN_MAX = 60;

export function Checkpoints() {
  const status = run.status.value;
  const checkpoints = [...run.metrics.value.checkpoints].reverse();
  const restored = new Set([status?.restoredEpoch ?? 0, ...(status?.recoveries.map(({ epoch }) => epoch) ?? [])]);
  const listed = new Set(checkpoints.map(({ epoch }) => epoch));
  const before = status !== undefined && status.restoredEpoch > 0 && !listed.has(status.restoredEpoch);
  return (
    <section class="card checkpoints" aria-labelledby="checkpoints-title">
      <div class="card-head">
        <h2 id="checkpoints-title">Checkpoints</h2>
        <button
          type="button"
          class="button small"
          disabled={status?.phase !== 'running'}
          onClick={() => void run.checkpoint()}
          aria-keyshortcuts="c"
        >
          Take one now
        </button>
      </div>
      <div class="scroller" tabIndex={0} role="region" aria-label="List of checkpoints">
        <table class="checkpoint-table">
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              <th scope="col" class="number">
                Written
              </th>
              <th scope="col" class="number">
                Of
              </th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col" class="number">
                At
              </th>
            </tr>
          </thead>
          <tbody data-testid="checkpoints">
            {checkpoints
              .slice(0, SHOWN_MAX)
              .map(({ epoch, bytesWritten, bytesTotal, durationMs, completedAt, final }) => (
                <tr key={epoch} class={restored.has(epoch) ? 'restored' : ''}>
                  <th scope="row">
                    {epoch}
                    {restored.has(epoch) && <Restored />}
                    {final && <span class="tag">final</span>}
                  </th>
                  <td class="number">{formatBytes(bytesWritten)}</td>
                  <td class="number">{formatBytes(bytesTotal)}</td>
                  <td class="number">{formatDuration(durationMs)}</td>
                  <td class="number">{formatClock(completedAt)}</td>
                </tr>
              ))}
            {before && (
              <tr class="restored">
                <th scope="row">
                  {status.restoredEpoch}
                  <Restored />
                </th>
                <td colSpan={4} class="quiet">
                  of an earlier visit
                </td>
              </tr>
            )}
            {checkpoints.length === 0 && !before && (
              <tr>
                <td colSpan={5} class="empty">
                  The first one is under way.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Restored() {
  return (
    <span class="tag tag-restored" title="The job was restored from this checkpoint">
      <FlagIcon />
      restored
    </span>
  );
}
