/** The one entry of a page's worker module: it becomes a slot or the coordinator by its first message. */
import { findJob } from '../api/index.ts';
import type { JobDefinition } from '../api/index.ts';
import { warmPlatform } from './browser-platform.ts';
import { hostCoordinator } from './coordinator-host.ts';
import { jobNotServed } from './errors.ts';
import { hostSlot } from './slot-host.ts';
import type { FirstMessage } from './worker-messages.ts';

/**
 * Serves these jobs in this worker. Call it once, at the top of the worker's module:
 *
 *   import { serveSlot } from 'sluice/browser';
 *   import lateFlights from './jobs/late-flights.ts';
 *   serveSlot([lateFlights]);
 */
export function serveSlot(jobs: readonly JobDefinition[]): void {
  const served = new Map(jobs.map((job, index) => [findJob(job, `serveSlot's job ${index}`).name, job]));
  const jobNamed = (name: string): JobDefinition => {
    const job = served.get(name);
    if (job === undefined) throw jobNotServed(name, [...served.keys()]);
    return job;
  };
  const onFirst = ({ data }: MessageEvent<FirstMessage>): void => {
    if (data?.sluice !== 'slot' && data?.sluice !== 'coordinator') return; // the user's own messages
    removeEventListener('message', onFirst);
    if (data.sluice === 'coordinator') return hostCoordinator(data, jobNamed);
    warmPlatform();
    hostSlot(data, jobNamed);
  };
  addEventListener('message', onFirst);
}
