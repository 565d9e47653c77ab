// The two jobs as a careful programmer would write them by hand, over typed columns. They know the data: the number of airports
// is small, and no row is late (they stop if one is).
//
// Columns of a split: { rows, date: Float64Array (ms), delay: Int32Array, hasDelay: Uint8Array, origin, destination: Uint16Array
// of numbers in key order }.
const HOUR_MS = 3_600_000;
const OUT_OF_ORDER_MS = 3_600_000;
const HOURS = 24;

/** Rows of the result: { rows, flightsSum, worstSum } after filling typed columns in key order. */
export function lateFlightsColumns(splits, airports) {
  const slices = new Map(); // hour → Int32Array [count, worst] per origin
  for (const { rows, date, delay, hasDelay, origin } of splits) {
    let timeMax = -Infinity;
    let hour = NaN;
    let slice;
    for (let row = 0; row < rows; row++) {
      const time = date[row];
      if (time <= timeMax - OUT_OF_ORDER_MS - 1) throw new Error('a late row');
      if (time > timeMax) timeMax = time;
      if (hasDelay[row] === 0 || delay[row] <= 15) continue;
      const own = Math.floor(time / HOUR_MS);
      if (own !== hour) {
        hour = own;
        slice = slices.get(hour);
        if (slice === undefined) slices.set(hour, (slice = new Int32Array(2 * airports)));
      }
      const at = 2 * origin[row];
      slice[at]++;
      if (slice[at] === 1 || delay[row] > slice[at + 1]) slice[at + 1] = delay[row];
    }
  }
  return emit(slices, airports, (out) => {
    let row = 0;
    const hours = [...slices.keys()].sort((a, b) => a - b);
    for (let airport = 0; airport < airports; airport++) {
      for (const hour of hours) {
        const slice = slices.get(hour);
        if (slice[2 * airport] === 0) continue;
        out.keys[row] = airport;
        out.starts[row] = hour * HOUR_MS;
        out.first[row] = slice[2 * airport];
        out.second[row] = slice[2 * airport + 1];
        row++;
      }
    }
    return row;
  });
}

function emit(slices, airports, fill) {
  const most = slices.size * airports;
  const out = {
    keys: new Uint16Array(most),
    starts: new Float64Array(most),
    first: new Int32Array(most),
    second: new Int32Array(most),
  };
  const rows = fill(out);
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += out.first[row];
  return { rows, sum };
}

/** Sums slide from hour to hour; pairs of destination and origin are counted so that they can leave again. */
export function routeDelaysColumns(splits, airports) {
  const slices = new Map();
  for (const split of splits) addRoutes(slices, split, airports);
  const hours = [...slices.keys()].sort((a, b) => a - b);
  const sums = new Float64Array(4 * airports); // flights, late, delay sum, delays
  const pairs = new Int32Array(airports * airports);
  const distinct = new Int32Array(airports);
  const chunks = [];
  let total = 0;
  let flights = 0;
  const from = hours[0] - HOURS + 1;
  const to = hours[hours.length - 1];
  for (let first = from; first <= to; first++) {
    move(slices.get(first + HOURS - 1), 1, sums, pairs, distinct, airports);
    move(slices.get(first - 1), -1, sums, pairs, distinct, airports);
    const out = new Float64Array(6 * airports);
    let rows = 0;
    for (let airport = 0; airport < airports; airport++) {
      const at = 4 * airport;
      if (sums[at] === 0) continue;
      out.set(
        [airport, first * HOUR_MS, sums[at], sums[at + 1], sums[at + 2] / sums[at + 3], distinct[airport]],
        6 * rows,
      );
      flights += sums[at];
      rows++;
    }
    chunks.push(out.subarray(0, 6 * rows));
    total += rows;
  }
  return { rows: total, sum: flights };
}

function addRoutes(slices, { rows, date, delay, hasDelay, origin, destination }, airports) {
  let timeMax = -Infinity;
  let hour = NaN;
  let slice;
  for (let row = 0; row < rows; row++) {
    const time = date[row];
    if (time <= timeMax - OUT_OF_ORDER_MS - 1) throw new Error('a late row');
    if (time > timeMax) timeMax = time;
    const own = Math.floor(time / HOUR_MS);
    if (own !== hour) {
      hour = own;
      slice = slices.get(hour);
      if (slice === undefined) slices.set(hour, (slice = { sums: new Float64Array(4 * airports), pairs: [] }));
    }
    const at = 4 * destination[row];
    slice.sums[at]++;
    if (hasDelay[row] !== 0) {
      if (delay[row] > 15) slice.sums[at + 1]++;
      slice.sums[at + 2] += delay[row];
      slice.sums[at + 3]++;
    }
    slice.pairs.push(destination[row] * airports + origin[row]);
  }
}

function move(slice, sign, sums, pairs, distinct, airports) {
  if (slice === undefined) return;
  for (let at = 0; at < sums.length; at++) sums[at] += sign * slice.sums[at];
  for (const pair of slice.pairs) {
    const before = pairs[pair];
    pairs[pair] = before + sign;
    if (before === 0) distinct[(pair / airports) | 0]++;
    else if (before + sign === 0) distinct[(pair / airports) | 0]--;
  }
}
