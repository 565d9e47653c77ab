// The controls of the run: pause, restart, event time and progress, pace, number of workers, kill a worker.
import { computed } from '@preact/signals';
import { formatCount, formatWatermark } from '../format.ts';
import { KillIcon, PauseIcon, PlayIcon, RestartIcon } from '../icons.tsx';
import { PACES } from '../run/pace.ts';
import { run } from '../run/run.ts';

export const PARALLELISMS = [1, 2, 3, 4, 6, 8] as const;

/** Event time up to which every subtask is complete; null before the first watermark, Infinity at the end. */
export const eventTime = computed<number | null>(() => {
  void run.resultVersion.value; // the finished run's newest window
  const marks = run.metrics.value.subtasks.map((subtask) => subtask.watermark);
  if (run.status.value?.phase === 'finished') return (run.results.value.newestEnd ?? 0) - 1;
  if (marks.length === 0 || marks.some((mark) => mark === null)) return null;
  return Math.min(...(marks as number[]));
});

const running = computed(() => run.status.value?.phase === 'running');
const ended = computed(() => ['finished', 'failed', 'cancelled'].includes(run.status.value?.phase ?? ''));

/** The worker that a click on "Kill a worker" ends: each time the next one. */
let victim = 0;
export function killSomeone(): void {
  void run.kill(victim++ % run.parallelism.peek());
}

export function Transport() {
  const status = run.status.value;
  const paused = status?.paused === true;
  return (
    <section class="transport" aria-label="Controls">
      <div class="transport-group">
        <button
          type="button"
          class="button primary"
          disabled={ended.value || status === undefined}
          onClick={() => void run.togglePause()}
          aria-keyshortcuts="Space"
        >
          {paused ? <PlayIcon /> : <PauseIcon />}
          <span class="button-words">{paused ? 'Resume' : 'Pause'}</span>
        </button>
        <button
          type="button"
          class="button"
          onClick={() => void run.restart()}
          title="Start from the first row, without the checkpoints"
          aria-keyshortcuts="r"
        >
          <RestartIcon />
          Restart
        </button>
      </div>
      <EventTime />
      <PaceChoice />
      <WorkerCount />
      <button
        type="button"
        class="button danger"
        disabled={!running.value}
        onClick={killSomeone}
        title="End one worker at once; the job recovers from its newest checkpoint"
        aria-keyshortcuts="k"
        data-testid="kill"
      >
        <KillIcon />
        Kill a worker
      </button>
    </section>
  );
}

function EventTime() {
  const status = run.status.value;
  const read = status?.rowsRead ?? 0;
  const total = status?.rowsTotal ?? null;
  const share = total === null || total === 0 ? 0 : Math.min(1, read / total);
  const time = eventTime.value;
  return (
    <div class="event-time">
      <div class="event-time-line">
        <span class="event-time-now" data-testid="event-time">
          {formatWatermark(time)}
        </span>
        <span class="event-time-zone">UTC</span>
        <span
          class="event-time-rows"
          data-testid="rows-read"
          title={total === null ? undefined : `of ${formatCount(total)} rows`}
        >
          {formatCount(read)} rows{total !== null && ` · ${Math.floor(share * 100)} %`}
        </span>
      </div>
      <div
        class="progress"
        role="progressbar"
        aria-label="Rows read"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <div class="progress-done" style={{ transform: `scaleX(${share})` }} />
      </div>
    </div>
  );
}

function PaceChoice() {
  return (
    <fieldset class="choice pace">
      <legend class="choice-label">Event time per second</legend>
      <div class="segmented">
        {PACES.map(({ label, title, speed }) => (
          <label key={label} class="segment" title={title}>
            <input
              type="radio"
              name="pace"
              checked={run.paceSpeed.value === speed}
              disabled={ended.value}
              onChange={() => void run.setPace(speed)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function WorkerCount() {
  return (
    <fieldset class="choice workers-count">
      <legend class="choice-label">Workers</legend>
      <div class="segmented">
        {PARALLELISMS.map((count) => (
          <label
            key={count}
            class="segment"
            title={`Take a checkpoint and go on from it with ${count} ${count === 1 ? 'worker' : 'workers'}`}
          >
            <input
              type="radio"
              name="workers"
              checked={run.parallelism.value === count}
              onChange={() => void run.rescale(count)}
            />
            <span>{count}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
