// Whether the output is the same as that of a run that was never interrupted, with what exactly was compared.
import { formatCount, formatEventTime } from '../format.ts';
import { CheckIcon, CrossIcon } from '../icons.tsx';
import { check, checkOutput } from '../run/output-check.ts';
import { run } from '../run/run.ts';

export function OutputCheck() {
  const { state } = check.value;
  const status = run.status.value;
  const possible = status !== undefined && status.epoch > 0 && run.rowCount.value > 0 && state !== 'running';
  return (
    <div class={`output-check output-${state}`} data-testid="output-check" data-state={state}>
      <div class="output-head">
        <p class="output-title">
          {state === 'same' && <CheckIcon />}
          {state === 'different' && <CrossIcon />}
          {TITLES[state]}
        </p>
        <button type="button" class="button small" disabled={!possible} onClick={() => void checkOutput()}>
          {state === 'idle' ? 'Compare' : state === 'running' ? 'Comparing…' : 'Again'}
        </button>
      </div>
      <Details />
    </div>
  );
}

const TITLES = {
  idle: 'Is the output still right?',
  running: 'Comparing the output…',
  same: 'The same output',
  different: 'Another output',
  failed: 'The comparison failed',
} as const;

function Details() {
  const now = check.value;
  if (now.state === 'idle')
    return <p class="output-detail">Compares the table, by hash, with that of a run that nobody interrupted.</p>;
  if (now.state === 'running') return <p class="output-detail">{now.step}</p>;
  if (now.state === 'failed') return <p class="output-detail">{now.reason}</p>;
  const { mine, other, untilMs, against } = now;
  const which =
    untilMs === undefined ? 'The whole table' : `Every row of a window that ended by ${formatEventTime(untilMs)} UTC`;
  return (
    <>
      <p class="output-detail">
        {which}, {formatCount(mine.rows)} rows,{' '}
        {now.state === 'same' ? 'has the same SHA-256 as' : 'has another SHA-256 than'} {against}
        {mine.rows !== other.rows && `, which has ${formatCount(other.rows)} rows`}.
      </p>
      <p class="hash" title={`here ${mine.sha256}, there ${other.sha256}`}>
        <code data-testid="hash">{mine.sha256.slice(0, 24)}…</code>
        {now.state === 'same' ? ' = ' : ' ≠ '}
        <code>{other.sha256.slice(0, 8)}…</code>
      </p>
    </>
  );
}
