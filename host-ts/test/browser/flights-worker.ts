// The worker module of the page's golden runs: both demo jobs, as a user's own module would register them.
import { serveSlot } from '../../src/adapter-browser/index.ts';
import lateFlights from '../../../demo/jobs/late-flights.ts';
import routeDelays from '../../../demo/jobs/route-delays.ts';

serveSlot([lateFlights, routeDelays]);
