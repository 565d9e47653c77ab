// Our own Worker: both demo jobs on Cloudflare. `npm run dev:edge` runs it in workerd.
import { createWorker } from 'sluice/cloudflare';
import lateFlights from './jobs/late-flights.ts';
import routeDelays from './jobs/route-delays.ts';

const worker = createWorker([lateFlights, routeDelays]);
export default worker.handler;
export const { Coordinator, Slot, Log } = worker;
