// The dashboard's entry: shows the page at once, then starts a job or goes on with the one that a reload interrupted.
//   ?job=route-delays&pace=unlimited&workers=4   which job, how;   &fresh   from scratch
import { render } from 'preact';
import { App } from './app.tsx';
import { prepareOffline } from './offline.ts';
import { listenForDrops } from './own-file/own-file-dialog.tsx';
import { keptFile } from './own-file/kept-file.ts';
import { ownFileDemo } from './own-file/own-file.ts';
import type { OwnFileParameters } from './own-file/own-file-job.ts';
import { followTable } from './results/result-table.tsx';
import { FLIGHT_JOBS, LATE_FLIGHTS } from './run/demo-jobs.ts';
import type { DemoJob } from './run/demo-jobs.ts';
import { check, checkOutput, followRuns } from './run/output-check.ts';
import { DEFAULT_SPEED } from './run/pace.ts';
import { events } from './run/run-events.ts';
import { run } from './run/run.ts';
import { readSession } from './run/session.ts';
import { warmWorkers } from './run/workers.ts';
import type { Session } from './run/session.ts';
import { listenForShortcuts } from './shortcuts.ts';
import './style/tokens.css';
import './style/base.css';
import './style/layout.css';
import './style/controls.css';
import './style/graph.css';
import './style/results.css';
import './style/workers.css';
import './style/checkpoints.css';
import './style/events.css';
import './style/dialogs.css';
import 'uplot/dist/uPlot.min.css';

const WORKERS_DEFAULT_MAX = 4;

/** For tests and for the curious: the run's signals and its handle. */
declare global {
  var sluiceDemo: {
    readonly run: typeof run;
    readonly events: typeof events;
    readonly check: typeof check;
    readonly checkOutput: typeof checkOutput;
  };
}
globalThis.sluiceDemo = { run, events, check, checkOutput };

// the workers load while the page draws itself
const parameters = new URLSearchParams(location.search);
const session = readSession();
warmWorkers(1 + wantedWorkers());
followTable();
followRuns();
const begun = beginOrResume();
render(<App />, document.getElementById('app')!);
listenForShortcuts();
listenForDrops();
await begun;
// the first results come first; storing the page for offline use can wait for a quiet moment
(globalThis.requestIdleCallback ?? setTimeout)(() => void prepareOffline());

async function beginOrResume(): Promise<void> {
  const wanted = parameters.get('job');
  const settings = { parallelism: wantedWorkers(), paceSpeed: wantedPace() };
  const fits = session !== undefined && !session.failed && (wanted === null || wanted === session.jobId);
  if (fits && !parameters.has('fresh')) {
    const demo = await demoOf(session);
    if (demo !== undefined) return run.begin(demo, { ...settings, resume: true });
  }
  const demo = FLIGHT_JOBS.find(({ id }) => id === wanted) ?? LATE_FLIGHTS;
  return run.begin(demo, { ...settings, resume: false });
}

async function demoOf(session: Session): Promise<DemoJob | undefined> {
  const flights = FLIGHT_JOBS.find(({ id }) => id === session.jobId);
  if (flights !== undefined || session.jobId !== 'own-file') return flights;
  const own = session.parameters as unknown as OwnFileParameters & { readonly name: string };
  const file = await keptFile(own.name);
  if (file === undefined) return undefined;
  const { inspectFile } = await import('./own-file/inspect-file.ts');
  const { binding } = await inspectFile(file.name, file);
  return ownFileDemo(file.name, binding, own);
}

function wantedWorkers(): number {
  const asked = Number(parameters.get('workers'));
  if (Number.isInteger(asked) && asked > 0) return asked;
  return session?.parallelism ?? Math.max(2, Math.min(WORKERS_DEFAULT_MAX, navigator.hardwareConcurrency || 2));
}

function wantedPace(): number | null {
  const asked = parameters.get('pace');
  if (asked === 'unlimited') return null;
  if (asked !== null && Number(asked) > 0) return Number(asked);
  return session === undefined ? DEFAULT_SPEED : session.paceSpeed;
}
