// The top line: name, choice of job, what state the run is in, where it runs, theme and help.
import { computed } from '@preact/signals';
import { Brand, FileIcon, MoonIcon, SunIcon } from '../icons.tsx';
import { chooseFile } from '../own-file/own-file.ts';
import { FLIGHT_JOBS } from '../run/demo-jobs.ts';
import type { DemoJob } from '../run/demo-jobs.ts';
import { run } from '../run/run.ts';
import { newerReady, offlineReady } from '../offline.ts';
import { helpOpen } from '../shortcuts.ts';
import { theme, toggleTheme } from '../theme.ts';

const PHASES: Readonly<Record<string, readonly [string, string]>> = {
  starting: ['Starting', 'plain'],
  running: ['Running', 'good'],
  restarting: ['Restarting', 'warn'],
  finishing: ['Finishing', 'good'],
  finished: ['Finished', 'done'],
  failed: ['Failed', 'bad'],
  cancelled: ['Stopped', 'plain'],
};

const phase = computed<readonly [string, string]>(() => {
  const status = run.status.value;
  if (status === undefined) return ['Starting', 'plain'];
  if (status.paused && status.phase === 'running') return ['Paused', 'warn'];
  return PHASES[status.phase] ?? [status.phase, 'plain'];
});

export function Header() {
  const [words, tone] = phase.value;
  const { id } = run.demo.value;
  return (
    <header class="header">
      <a class="brand" href="./" aria-label="Sluice, start page">
        <Brand />
        <span class="brand-name">Sluice</span>
      </a>
      <nav class="jobs" aria-label="Job">
        {FLIGHT_JOBS.map((demo) => (
          <JobButton key={demo.id} demo={demo} current={demo.id === id} />
        ))}
        <button type="button" class="job-button" aria-pressed={id === 'own-file'} onClick={chooseFile}>
          <FileIcon />
          Your file
        </button>
      </nav>
      <div class="header-state">
        <span class={`pill pill-${tone}`} role="status" data-testid="phase">
          {words}
        </span>
        <Home />
        {newerReady.value && (
          <button
            type="button"
            class="button small"
            onClick={() => location.reload()}
            title="The run goes on from its newest checkpoint"
          >
            Load the new version
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          onClick={toggleTheme}
          aria-label={`Use the ${theme.value === 'dark' ? 'light' : 'dark'} theme`}
        >
          {theme.value === 'dark' ? <SunIcon /> : <MoonIcon />}
        </button>
        <button
          type="button"
          class="icon-button"
          onClick={() => (helpOpen.value = true)}
          aria-label="Keyboard shortcuts and help"
          aria-keyshortcuts="?"
        >
          ?
        </button>
      </div>
    </header>
  );
}

function JobButton({ demo, current }: { readonly demo: DemoJob; readonly current: boolean }) {
  const choose = (): void => {
    if (current) return;
    void run.begin(demo, { parallelism: run.parallelism.peek(), paceSpeed: run.paceSpeed.peek(), resume: false });
  };
  return (
    <button type="button" class="job-button" aria-pressed={current} title={demo.summary} onClick={choose}>
      {demo.title}
    </button>
  );
}

/** Where the job runs, said plainly. */
function Home() {
  const channel = run.status.value?.channel;
  const isolated = crossOriginIsolated;
  const how =
    channel === 'ring'
      ? 'Rows cross between workers through ring buffers in shared memory: this page is cross-origin isolated.'
      : `Rows cross between workers as transferred messages${isolated ? '.' : ': this page is not cross-origin isolated, so it has no shared memory.'}`;
  return (
    <span
      class="home"
      title={`The job runs in this browser. ${how}${offlineReady.value ? ' The page works offline.' : ''}`}
      data-testid="home"
    >
      <span>Browser</span>
      {channel !== undefined && <span>{channel} channel</span>}
      <span>{isolated ? 'isolated' : 'not isolated'}</span>
      {offlineReady.value && <span>offline-ready</span>}
    </span>
  );
}
