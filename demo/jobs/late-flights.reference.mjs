// What demo/jobs/late-flights.ts must print with --json, computed by a loop over row objects.
//   node demo/jobs/late-flights.reference.mjs [--input PATH] [--hash]
//
// A row's watermark W is the largest time of the earlier rows of its own split − 60 min − 1 ms; the row enters its
// window unless the window had closed by then (window_end − 1 <= W).
import { compareKeys, main } from './reference-rows.mjs';

const HOUR_MS = 3_600_000;
const OUT_OF_ORDER_MS = 60 * 60_000;

/** Collects splits; `rows()` yields the result in key order. */
export function lateFlights() {
  const windowsOf = new Map(); // origin → window start → { flights, worst }

  function add(split) {
    let timeMax = -Infinity;
    for (const row of split) {
      const watermark = timeMax - OUT_OF_ORDER_MS - 1;
      if (row.date > timeMax) timeMax = row.date;
      if (row.delay === null || row.delay <= 15) continue;
      const start = Math.floor(row.date / HOUR_MS) * HOUR_MS;
      if (start + HOUR_MS - 1 <= watermark) continue;
      let windows = windowsOf.get(row.origin);
      if (windows === undefined) windowsOf.set(row.origin, (windows = new Map()));
      const window = windows.get(start);
      if (window === undefined) windows.set(start, { flights: 1, worst: row.delay });
      else {
        window.flights++;
        if (row.delay > window.worst) window.worst = row.delay;
      }
    }
  }

  function* rows() {
    for (const origin of [...windowsOf.keys()].sort(compareKeys)) {
      const windows = windowsOf.get(origin);
      for (const start of [...windows.keys()].sort((a, b) => a - b)) {
        const { flights, worst } = windows.get(start);
        yield { origin, window_start: new Date(start), window_end: new Date(start + HOUR_MS), flights, worst };
      }
    }
  }

  return { add, rows };
}

/** All at once: splits are arrays of rows; the result's rows in key order. */
export function computeLateFlights(splits) {
  const { add, rows } = lateFlights();
  for (const split of splits) add(split);
  return [...rows()];
}

if (import.meta.main) await main(lateFlights);
