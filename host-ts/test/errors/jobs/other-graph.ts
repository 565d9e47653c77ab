// A job that is another one in a slot than in the main thread: what JOB_NOT_DETERMINISTIC is for.
import { isMainThread } from 'node:worker_threads';
import { collection, count, job, minutes, tumble } from '../../../src/api/index.ts';
import { timestamp, utf8 } from '../../../src/schema/index.ts';

export default job('two-faced', (env) =>
  env
    .source(collection({ time: timestamp(), user: utf8() }, [{ time: 0, user: 'ann' }]))
    .watermarks({ column: 'time', outOfOrder: 0 })
    .keyBy('user')
    .window(tumble(minutes(isMainThread ? 1 : 2)))
    .aggregate({ n: count() })
    .sink(env.table('counts', { key: ['user', 'window_start'] })),
);
