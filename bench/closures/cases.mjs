// What suite `closures` runs: the three forms over numbers, 64-bit integers and dictionary texts, three functions each. A case has
// the function as a job would have it, and the same work as a loop by hand over row objects that were made before.
//
// The functions of a group differ in what they read and in how they are written (destructuring, optional values, generators), as
// those of a job do: a loop that all of them share sees every one.
import { schema } from '../flights/rooms.mjs';

const { bool, f64, i32, i64, timestamp, utf8 } = schema;

export const ROW_SCHEMA = {
  date: timestamp(),
  distance: f64(),
  taxi: i32(),
  delay: i64(),
  origin: utf8(),
  destination: utf8(),
};

const dated = (more) => ({ date: timestamp(), ...more });

export const GROUPS = {
  'filter/numbers': [
    {
      run: (row) => row.distance > 900,
      byHand(rows, out) {
        for (const row of rows) if (row.distance > 900) out.push(row);
      },
    },
    {
      run: ({ distance, taxi }) => distance / taxi < 60,
      byHand(rows, out) {
        for (const row of rows) if (row.distance / row.taxi < 60) out.push(row);
      },
    },
    {
      run: ({ date, taxi }) => date % 60_000 < 30_000 && taxi > 5,
      byHand(rows, out) {
        for (const row of rows) if (row.date % 60_000 < 30_000 && row.taxi > 5) out.push(row);
      },
    },
  ],
  'filter/i64': [
    {
      run: (row) => row.delay !== null && row.delay > 15n,
      byHand(rows, out) {
        for (const row of rows) if (row.delay !== null && row.delay > 15n) out.push(row);
      },
    },
    {
      run: ({ delay }) => (delay ?? 0n) % 2n === 0n,
      byHand(rows, out) {
        for (const row of rows) if ((row.delay ?? 0n) % 2n === 0n) out.push(row);
      },
    },
    {
      run: ({ delay, taxi }) => Number(delay) > 2 * taxi,
      byHand(rows, out) {
        for (const row of rows) if (Number(row.delay) > 2 * row.taxi) out.push(row);
      },
    },
  ],
  'filter/texts': [
    {
      run: (row) => row.origin === 'A-17' || row.destination === 'A-17',
      byHand(rows, out) {
        for (const row of rows) if (row.origin === 'A-17' || row.destination === 'A-17') out.push(row);
      },
    },
    {
      run: ({ origin }) => origin.startsWith('A-1'),
      byHand(rows, out) {
        for (const row of rows) if (row.origin.startsWith('A-1')) out.push(row);
      },
    },
    {
      run: ({ origin, destination }) => origin < destination,
      byHand(rows, out) {
        for (const row of rows) if (row.origin < row.destination) out.push(row);
      },
    },
  ],
  'map/numbers': [
    {
      out: dated({ km: f64() }),
      run: ({ date, distance }) => ({ date, km: distance * 1.609 }),
      byHand(rows, out) {
        for (const row of rows) out.push({ date: row.date, km: row.distance * 1.609 });
      },
    },
    {
      out: dated({ hour: i32(), speed: f64() }),
      run: (row) => ({
        date: row.date,
        hour: Math.floor(row.date / 3_600_000) % 24,
        speed: row.distance / (row.taxi + 60),
      }),
      byHand(rows, out) {
        for (const row of rows) {
          const hour = Math.floor(row.date / 3_600_000) % 24;
          out.push({ date: row.date, hour, speed: row.distance / (row.taxi + 60) });
        }
      },
    },
    {
      out: dated({ far: bool(), taxi: i32(), distance: f64() }),
      run: ({ date, taxi, distance }) => ({ date, far: distance > 1500, taxi, distance }),
      byHand(rows, out) {
        for (const { date, taxi, distance } of rows) out.push({ date, far: distance > 1500, taxi, distance });
      },
    },
  ],
  'map/i64': [
    {
      out: dated({ delay: i64() }),
      run: ({ date, delay }) => ({ date, delay }),
      byHand(rows, out) {
        for (const { date, delay } of rows) out.push({ date, delay });
      },
    },
    {
      out: dated({ seconds: i64() }),
      run: (row) => ({ date: row.date, seconds: row.delay === null ? null : row.delay * 60n }),
      byHand(rows, out) {
        for (const row of rows) out.push({ date: row.date, seconds: row.delay === null ? null : row.delay * 60n });
      },
    },
    {
      out: dated({ worse: i64(), minutes: i64() }),
      run: ({ date, delay, taxi }) => ({ date, worse: (delay ?? 0n) + 5n, minutes: taxi }),
      byHand(rows, out) {
        for (const { date, delay, taxi } of rows) out.push({ date, worse: (delay ?? 0n) + 5n, minutes: taxi });
      },
    },
  ],
  'map/texts': [
    {
      out: dated({ airport: utf8() }),
      run: ({ date, origin }) => ({ date, airport: origin }),
      byHand(rows, out) {
        for (const { date, origin } of rows) out.push({ date, airport: origin });
      },
    },
    {
      out: dated({ class: utf8(), origin: utf8() }),
      run: (row) => ({ date: row.date, class: row.distance > 1500 ? 'long' : 'short', origin: row.origin }),
      byHand(rows, out) {
        for (const row of rows) {
          out.push({ date: row.date, class: row.distance > 1500 ? 'long' : 'short', origin: row.origin });
        }
      },
    },
    {
      out: { route: utf8() },
      run: ({ origin, destination }) => ({ route: `${origin}>${destination}` }),
      byHand(rows, out) {
        for (const { origin, destination } of rows) out.push({ route: `${origin}>${destination}` });
      },
    },
  ],
  'flatMap/numbers': [
    {
      out: dated({ km: f64() }),
      run: ({ date, distance }) => (distance > 900 ? [{ date, km: distance * 1.609 }] : []),
      byHand(rows, out) {
        for (const { date, distance } of rows) if (distance > 900) out.push({ date, km: distance * 1.609 });
      },
    },
    {
      out: dated({ leg: f64() }),
      run: (row) => [
        { date: row.date, leg: row.distance },
        { date: row.date, leg: row.distance / 2 },
      ],
      byHand(rows, out) {
        for (const row of rows) {
          out.push({ date: row.date, leg: row.distance });
          out.push({ date: row.date, leg: row.distance / 2 });
        }
      },
    },
    {
      out: dated({ taxi: i32() }),
      *run({ date, taxi }) {
        for (let part = taxi % 3; part >= 0; part--) yield { date, taxi: part };
      },
      byHand(rows, out) {
        for (const { date, taxi } of rows) for (let part = taxi % 3; part >= 0; part--) out.push({ date, taxi: part });
      },
    },
  ],
  'flatMap/i64': [
    {
      out: dated({ delay: i64() }),
      run: ({ date, delay }) => (delay === null ? [] : [{ date, delay }]),
      byHand(rows, out) {
        for (const { date, delay } of rows) if (delay !== null) out.push({ date, delay });
      },
    },
    {
      out: { delay: i64(), twice: i64() },
      run: (row) => [{ delay: row.delay, twice: (row.delay ?? 0n) * 2n }],
      byHand(rows, out) {
        for (const row of rows) out.push({ delay: row.delay, twice: (row.delay ?? 0n) * 2n });
      },
    },
    {
      out: { delay: i64() },
      *run({ delay }) {
        yield { delay };
        if (delay !== null && delay > 15n) yield { delay: delay - 15n };
      },
      byHand(rows, out) {
        for (const { delay } of rows) {
          out.push({ delay });
          if (delay !== null && delay > 15n) out.push({ delay: delay - 15n });
        }
      },
    },
  ],
  'flatMap/texts': [
    {
      out: dated({ airport: utf8() }),
      run: ({ date, origin, destination }) => [
        { date, airport: origin },
        { date, airport: destination },
      ],
      byHand(rows, out) {
        for (const { date, origin, destination } of rows) {
          out.push({ date, airport: origin });
          out.push({ date, airport: destination });
        }
      },
    },
    {
      out: { word: utf8() },
      run: (row) => row.origin.split('-').map((word) => ({ word })),
      byHand(rows, out) {
        for (const row of rows) for (const word of row.origin.split('-')) out.push({ word });
      },
    },
    {
      out: { airport: utf8(), delay: i64() },
      *run({ origin, destination, delay }) {
        if (origin !== null) yield { airport: origin, delay };
        if (destination !== null) yield { airport: destination, delay: 0n };
      },
      byHand(rows, out) {
        for (const { origin, destination, delay } of rows) {
          if (origin !== null) out.push({ airport: origin, delay });
          if (destination !== null) out.push({ airport: destination, delay: 0n });
        }
      },
    },
  ],
};
