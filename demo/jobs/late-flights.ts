// Flights more than 15 minutes late, by origin and hour: how many, and the worst of them.
// Runs unchanged in a page, in Node and on Cloudflare.
import { job, input, col, count, max, tumble, hours, minutes, timestamp, i64, utf8 } from 'sluice';

const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  distance: i64(),
  origin: utf8(),
  destination: utf8(),
});

export default job('late flights', (env) =>
  env
    .source(flights)
    .watermarks({ column: 'date', outOfOrder: minutes(60) })
    .filter(col('delay').gt(15))
    .keyBy('origin')
    .window(tumble(hours(1)))
    .aggregate({ flights: count(), worst: max('delay') })
    .sink(env.table('late_flights', { key: ['origin', 'window_start'] })),
);
