// The jobs that the page offers over the flights, with how their tables are shown and the hash that their output
// must have. The hash is of `node demo/jobs/<job>.reference.mjs`: plain JavaScript that imports nothing of Sluice.
import type { JobDefinition } from 'sluice';
import type { InputBinding } from 'sluice/connectors';
import type { Json } from 'sluice';
import lateFlights from '../../jobs/late-flights.ts';
import routeDelays from '../../jobs/route-delays.ts';
import type { ResultView } from '../results/result-view.ts';

export const FLIGHTS_URL = new URL('data/flights-3m.parquet', document.baseURI).href;
const HOUR_MS = 3_600_000;

export interface DemoJob {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly job: JobDefinition;
  readonly view: ResultView;
  /** What the job's inputs are bound to; the flights unless given. */
  readonly inputs?: () => Readonly<Record<string, InputBinding>>;
  /** Handed to the job's builder here and in every slot. */
  readonly parameters?: Json;
  /** SHA-256 of the whole table as lines of JSON, computed by the reference. */
  readonly reference?: { readonly sha256: string; readonly rows: number; readonly file: string };
}

export const LATE_FLIGHTS: DemoJob = {
  id: 'late-flights',
  title: 'Late flights',
  summary: 'Flights more than 15 minutes late, by origin and hour',
  job: lateFlights,
  view: {
    table: 'late_flights',
    key: 'origin',
    keyLabel: 'origin',
    windowMs: HOUR_MS,
    slideMs: HOUR_MS,
    chart: { title: 'Late flights', column: 'flights', unit: 'count', fold: 'sum' },
    ranking: {
      title: 'Most late flights so far, by origin',
      column: 'flights',
      unit: 'count',
      fold: 'sum',
      over: 'total',
    },
    columnLabels: { flights: 'late flights', worst: 'worst (min)', window_start: 'hour from', window_end: 'hour to' },
  },
  reference: {
    sha256: '97957cf218bfeeabd1aaa82ef2e6d807007160dd77c4c2212a4b209aca44e4be',
    rows: 193_463,
    file: 'demo/jobs/late-flights.reference.mjs',
  },
};

export const ROUTE_DELAYS: DemoJob = {
  id: 'route-delays',
  title: 'Route delays',
  summary: 'How each destination did over the last 24 hours, every hour',
  job: routeDelays,
  view: {
    table: 'route_delays',
    key: 'destination',
    keyLabel: 'destination',
    windowMs: 24 * HOUR_MS,
    slideMs: HOUR_MS,
    chart: {
      title: 'Share of flights late, last 24 hours',
      column: 'late',
      divisor: 'flights',
      unit: 'percent',
      fold: 'sum',
    },
    ranking: {
      title: 'Most late arrivals in the last 24 hours, by destination',
      column: 'late',
      divisor: 'flights',
      unit: 'percent',
      fold: 'sum',
      over: 'latest',
    },
    columnLabels: { avg_delay: 'avg delay (min)', window_start: 'from', window_end: 'to' },
  },
  reference: {
    sha256: '3cd328f2d21b027ad9aa0a51ea65610104f588a68c81441fe9f6ba20237dc726',
    rows: 961_658,
    file: 'demo/jobs/route-delays.reference.mjs',
  },
};

export const FLIGHT_JOBS: readonly DemoJob[] = [LATE_FLIGHTS, ROUTE_DELAYS];
