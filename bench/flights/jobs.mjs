// The two jobs of demo/jobs with a sink of the benchmark's choice: their table, or nothing at all.
import { api, expr, schema } from './rooms.mjs';

const { avg, blackhole, count, countDistinct, hop, hours, input, job, max, minutes, tumble } = api;
const { col } = expr;
const { i64, timestamp, utf8 } = schema;

const flights = input('flights', {
  date: timestamp(),
  delay: i64(),
  distance: i64(),
  origin: utf8(),
  destination: utf8(),
});
const source = (env) => env.source(flights).watermarks({ column: 'date', outOfOrder: minutes(60) });

/** `parameters.sink`: 'table' or 'blackhole'. */
const sinkOf = (env, name, key) => (env.parameters.sink === 'table' ? env.table(name, { key }) : blackhole());

export const JOBS = {
  'late-flights': job('late flights', (env) =>
    source(env)
      .filter(col('delay').gt(15))
      .keyBy('origin')
      .window(tumble(hours(1)))
      .aggregate({ flights: count(), worst: max('delay') })
      .sink(sinkOf(env, 'result', ['origin', 'window_start'])),
  ),
  'route-delays': job('route delays', (env) =>
    source(env)
      .keyBy('destination')
      .window(hop(hours(24), hours(1)))
      .aggregate({
        flights: count(),
        late: count().where(col('delay').gt(15)),
        avg_delay: avg('delay'),
        origins: countDistinct('origin'),
      })
      .sink(sinkOf(env, 'result', ['destination', 'window_start'])),
  ),
};
