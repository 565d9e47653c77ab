// Inputs of the simulated jobs: generated flights with disorder, late rows, nulls and odd keys, by seed.
import { Random } from '../../src/testing/index.ts';

export interface FlightRow {
  readonly date: number;
  readonly delay: number | null;
  readonly distance: number;
  readonly origin: string | null;
  readonly destination: string;
}

const AIRPORTS = [
  'ATL',
  'ORD',
  'DFW',
  'LAX',
  'PHX',
  'DEN',
  'São Paulo–Guarulhos',
  'Zürich',
  '東京国際空港',
  'a rather long airport name',
];
const START_MS = Date.UTC(2001, 0, 1);
const MINUTE_MS = 60_000;

/** `count` rows in `splits` splits of unequal length, roughly in time order within each split and over all. */
export function flights(seed: number, count: number, splits: number): readonly (readonly FlightRow[])[] {
  const random = new Random(seed);
  const bounds = Array.from({ length: splits - 1 }, () => random.below(count)).sort((a, b) => a - b);
  const ends = [...bounds, count];
  let row = 0;
  return ends.map((end) => {
    const rows: FlightRow[] = [];
    for (; row < end; row++) rows.push(flight(random, row));
    return rows;
  });
}

function flight(random: Random, row: number): FlightRow {
  const disorder = random.chance(0.02) ? random.between(61, 3_000) : random.between(0, 55);
  return {
    date: START_MS + row * MINUTE_MS - disorder * MINUTE_MS + random.below(MINUTE_MS),
    delay: random.chance(0.03) ? null : random.between(-20, 90),
    distance: random.between(50, 4_000),
    origin: random.chance(0.01) ? null : random.pick(AIRPORTS),
    destination: random.pick(AIRPORTS),
  };
}
