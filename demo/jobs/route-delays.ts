// How each destination did over the last 24 hours, every hour: flights, late ones, the average
// delay and from how many airports they came. Runs unchanged in a page, in Node and on Cloudflare.
import { job, input, col, avg, count, countDistinct, hop, hours, minutes, timestamp, i64, utf8 } from 'sluice';

const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  distance: i64(),
  origin: utf8(),
  destination: utf8(),
});

export default job('route delays', (env) =>
  env
    .source(flights)
    .watermarks({ column: 'date', outOfOrder: minutes(60) })
    .keyBy('destination')
    .window(hop(hours(24), hours(1)))
    .aggregate({
      flights: count(),
      late: count().where(col('delay').gt(15)),
      avg_delay: avg('delay'),
      origins: countDistinct('origin'),
    })
    .sink(env.table('route_delays', { key: ['destination', 'window_start'] })),
);
