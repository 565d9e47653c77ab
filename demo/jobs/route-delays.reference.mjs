// What demo/jobs/route-delays.ts must print with --json, computed by a loop over row objects.
//   node demo/jobs/route-delays.reference.mjs [--input PATH] [--hash]
//
// Rows are gathered per hour, and a window of 24 h slides over the hours. A row whose time is behind its split's
// watermark W (largest time of the earlier rows of the split − 60 min − 1 ms) enters only the windows that were
// still open (window_end − 1 > W), so it is kept apart, per window.
import { compareKeys, main } from './reference-rows.mjs';

const HOUR_MS = 3_600_000;
const HOURS = 24;
const OUT_OF_ORDER_MS = 60 * 60_000;

/** Collects splits; `rows()` yields the result in key order. */
export function routeDelays() {
  const routes = new Map(); // destination → { hours: hour → cell, late: window's first hour → cell }

  function add(split) {
    let timeMax = -Infinity;
    for (const row of split) {
      const watermark = timeMax - OUT_OF_ORDER_MS - 1;
      if (row.date > timeMax) timeMax = row.date;
      let route = routes.get(row.destination);
      if (route === undefined) routes.set(row.destination, (route = { hours: new Map(), late: new Map() }));
      const hour = Math.floor(row.date / HOUR_MS);
      if (row.date > watermark) addRow(route.hours, hour, row);
      else {
        for (let first = hour - HOURS + 1; first <= hour; first++) {
          if ((first + HOURS) * HOUR_MS - 1 > watermark) addRow(route.late, first, row);
        }
      }
    }
  }

  function* rows() {
    for (const destination of [...routes.keys()].sort(compareKeys)) yield* slide(destination, routes.get(destination));
  }

  return { add, rows };
}

/** All at once: splits are arrays of rows; the result's rows in key order. */
export function computeRouteDelays(splits) {
  const { add, rows } = routeDelays();
  for (const split of splits) add(split);
  return [...rows()];
}

function addRow(cells, at, row) {
  let cell = cells.get(at);
  if (cell === undefined) cells.set(at, (cell = { flights: 0, late: 0, delaySum: 0, delays: 0, origins: new Set() }));
  cell.flights++;
  if (row.delay !== null) {
    cell.delaySum += row.delay;
    cell.delays++;
    if (row.delay > 15) cell.late++;
  }
  if (row.origin !== null) cell.origins.add(row.origin);
}

function* slide(destination, { hours, late }) {
  const firsts = [...hours.keys()].map((hour) => hour - HOURS + 1).concat([...late.keys()]);
  let from = Infinity;
  let to = -Infinity;
  for (const first of firsts) {
    if (first < from) from = first;
    if (first + HOURS - 1 > to) to = first + HOURS - 1;
  }
  const sums = { flights: 0, late: 0, delaySum: 0, delays: 0 };
  const origins = new Map(); // origin → hours of the window that hold it
  for (let first = from; first <= to; first++) {
    move(sums, origins, hours.get(first + HOURS - 1), 1);
    move(sums, origins, hours.get(first - 1), -1);
    const extra = late.get(first);
    const flights = sums.flights + (extra?.flights ?? 0);
    if (flights === 0) continue;
    const delays = sums.delays + (extra?.delays ?? 0);
    let distinct = origins.size;
    for (const origin of extra?.origins ?? []) if (!origins.has(origin)) distinct++;
    yield {
      destination,
      window_start: new Date(first * HOUR_MS),
      window_end: new Date((first + HOURS) * HOUR_MS),
      flights,
      late: sums.late + (extra?.late ?? 0),
      avg_delay: delays === 0 ? null : (sums.delaySum + (extra?.delaySum ?? 0)) / delays,
      origins: distinct,
    };
  }
}

function move(sums, origins, cell, sign) {
  if (cell === undefined) return;
  sums.flights += sign * cell.flights;
  sums.late += sign * cell.late;
  sums.delaySum += sign * cell.delaySum;
  sums.delays += sign * cell.delays;
  for (const origin of cell.origins) {
    const hours = (origins.get(origin) ?? 0) + sign;
    if (hours === 0) origins.delete(origin);
    else origins.set(origin, hours);
  }
}

if (import.meta.main) await main(routeDelays);
