// The page's worker: the coordinator or one slot of whichever job is started. Every job that the page can start is
// registered here.
import { serveSlot } from 'sluice/browser';
import lateFlights from '../jobs/late-flights.ts';
import routeDelays from '../jobs/route-delays.ts';
import ownFile from './own-file/own-file-job.ts';

serveSlot([lateFlights, routeDelays, ownFile]);
