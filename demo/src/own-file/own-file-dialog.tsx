// Drop a file anywhere on the page, or choose one; then say what is the time, the key and the measure.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TypeName } from 'sluice';
import { CrossIcon, FileIcon } from '../icons.tsx';
import { MEASURES } from './own-file-job.ts';
import type { MeasureFunction, OwnFileParameters } from './own-file-job.ts';
import { choice, forgetChoice, inspect, windowFile } from './own-file.ts';
import type { Inspected } from './own-file.ts';

const dragging = signal(false);

/** Files may be dropped anywhere. */
export function listenForDrops(): void {
  const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  document.addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    dragging.value = true;
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) dragging.value = false;
  });
  document.addEventListener('drop', (event) => {
    dragging.value = false;
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    void inspect(file);
  });
}

export function OwnFileDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = choice.value;
  const open = now.state !== 'none';
  useEffect(() => {
    if (open && !dialog.current!.open) dialog.current!.showModal();
    if (!open && dialog.current!.open) dialog.current!.close();
  }, [open]);
  return (
    <>
      {dragging.value && <div class="drop-veil">Drop the file to window it</div>}
      <dialog ref={dialog} class="dialog" aria-labelledby="own-file-title" onClose={forgetChoice}>
        <div class="dialog-head">
          <h2 id="own-file-title">Window a file of your own</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={forgetChoice}>
            <CrossIcon />
          </button>
        </div>
        {now.state === 'ready' ? <Settings inspected={now.inspected} /> : <Picker />}
      </dialog>
    </>
  );
}

function Picker() {
  const now = choice.value;
  const onChange = (event: Event): void => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0];
    if (file !== undefined) void inspect(file);
  };
  return (
    <>
      <label class="drop-zone">
        <FileIcon />
        <span>Drop a CSV, NDJSON or Parquet file here, or choose one</span>
        <input type="file" accept=".csv,.tsv,.txt,.ndjson,.jsonl,.json,.parquet" onChange={onChange} />
      </label>
      <p class="quiet" role="status">
        {now.state === 'reading' && `Looking at ${now.name}…`}
        {now.state === 'failed' && (
          <span class="error">
            {now.name} cannot be used. {now.reason}
          </span>
        )}
        {now.state === 'open' && 'It stays in this browser: nothing is uploaded.'}
      </p>
    </>
  );
}

const WINDOWS: readonly (readonly [string, number])[] = [
  ['1 second', 1_000],
  ['1 minute', 60_000],
  ['5 minutes', 300_000],
  ['15 minutes', 900_000],
  ['1 hour', 3_600_000],
  ['6 hours', 21_600_000],
  ['1 day', 86_400_000],
  ['7 days', 604_800_000],
];
const LATENESS: readonly (readonly [string, number])[] = [
  ['in order', 0],
  ['1 minute', 60_000],
  ['1 hour', 3_600_000],
  ['1 day', 86_400_000],
];
const NUMERIC: readonly TypeName[] = ['i32', 'i64', 'f64'];

function Settings({ inspected }: { readonly inspected: Inspected }) {
  const { columns, file, timeColumn } = inspected;
  const names = Object.keys(columns);
  const times = names.filter((name) => columns[name] === 'timestamp');
  const keys = names.filter((name) => columns[name] !== 'timestamp' && columns[name] !== 'f64');
  const numbers = names.filter((name) => NUMERIC.includes(columns[name]!));
  const [time, setTime] = useState(timeColumn);
  const [key, setKey] = useState(keys.find((name) => columns[name] === 'utf8') ?? keys[0] ?? times[0]!);
  const [fn, setFn] = useState<MeasureFunction>('count');
  const [measure, setMeasure] = useState(numbers[0] ?? '');
  const [windowMs, setWindowMs] = useState(3_600_000);
  const [outOfOrderMs, setOutOfOrderMs] = useState(3_600_000);
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const parameters: OwnFileParameters = {
      columns,
      time,
      key,
      fn,
      measure: fn === 'count' ? null : measure,
      windowMs,
      outOfOrderMs,
    };
    void windowFile(inspected, parameters);
  };
  return (
    <form class="own-file" onSubmit={onSubmit}>
      <p class="quiet">
        <b>{file.name}</b>: {names.length} columns were found.
      </p>
      <ul class="column-list" aria-label="Columns">
        {names.map((name) => (
          <li key={name}>
            {name} <span class="tag">{columns[name]}</span>
          </li>
        ))}
      </ul>
      <div class="fields">
        <Choose label="Event time" value={time} options={times.map((name) => [name, name])} onChange={setTime} />
        <Choose
          label="Key"
          value={key}
          options={(keys.length > 0 ? keys : names).map((name) => [name, name])}
          onChange={setKey}
        />
        <Choose
          label="Measure"
          value={fn}
          options={(numbers.length > 0 ? MEASURES : (['count'] as const)).map((name) => [
            name === 'count' ? 'count of rows' : name,
            name,
          ])}
          onChange={(value) => setFn(value as MeasureFunction)}
        />
        {fn !== 'count' && (
          <Choose
            label="Of column"
            value={measure}
            options={numbers.map((name) => [name, name])}
            onChange={setMeasure}
          />
        )}
        <Choose
          label="Window"
          value={String(windowMs)}
          options={WINDOWS.map(([label, ms]) => [label, String(ms)])}
          onChange={(value) => setWindowMs(Number(value))}
        />
        <Choose
          label="Out of order by at most"
          value={String(outOfOrderMs)}
          options={LATENESS.map(([label, ms]) => [label, String(ms)])}
          onChange={(value) => setOutOfOrderMs(Number(value))}
        />
      </div>
      <div class="dialog-actions">
        <button type="submit" class="button primary">
          Start
        </button>
      </div>
    </form>
  );
}

interface ChooseProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [label: string, value: string])[];
  readonly onChange: (value: string) => void;
}

function Choose({ label, value, options, onChange }: ChooseProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([text, option]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
