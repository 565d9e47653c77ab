// What is answered of a job that waits for its next try, and rescaling below the partitions of its logs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldValues } from '../../host-ts/src/checkpoint/index.ts';
import { CommittedTables } from './committed-tables.ts';
import { answerJob } from './job-api.ts';
import type { JobAccess } from './job-api.ts';
import { RunRecord } from './run-record.ts';
import { ServedJobs } from './served-jobs.ts';
import { SqliteCheckpointStorage } from './sqlite-checkpoint-storage.ts';
import { startOptions } from './start-request.ts';
import { nodeSqlite } from '../test/node-sqlite.ts';

/** `running`: undefined while it waits for its next try. */
function jobWith(options: Record<string, unknown>, running: JobAccess['running']): JobAccess {
  const sqlite = nodeSqlite();
  const storage = new SqliteCheckpointStorage(sqlite);
  const record = new RunRecord(sqlite);
  record.start('late flights', startOptions(options, { name: 'late flights', inputs: ['flights'] }));
  return {
    jobs: new ServedJobs([]),
    record,
    tables: new CommittedTables(storage, new HeldValues(storage)),
    timers: { after: () => () => undefined, soon: (callback) => callback() },
    running,
    start: () => Promise.reject(new Error('it is not started here')),
    crashSlot: async () => undefined,
    crash: () => undefined,
  };
}

for (const action of ['status', 'metrics']) {
  test(`${action} of a job that waits for its next try is JOB_WAITS`, async () => {
    const request = new Request(`http://coordinator/late%20flights/${action}`);
    await assert.rejects(answerJob(request, jobWith({}, undefined)), { code: 'JOB_WAITS' });
  });
}

test('a job is not rescaled to fewer slots than a log has partitions: nobody would read the others', async () => {
  const rescaled: number[] = [];
  const coordinator = { rescale: async (slots: number) => void rescaled.push(slots), status: () => ({ error: null }) };
  const running = { coordinator } as unknown as NonNullable<JobAccess['running']>;
  const access = jobWith({ parallelism: 2, inputs: { flights: { log: { partitions: 2 } } } }, running);
  const rescale = (parallelism: number): Promise<Response> =>
    answerJob(
      new Request('http://coordinator/late%20flights/rescale', {
        method: 'POST',
        body: JSON.stringify({ parallelism }),
      }),
      access,
    );
  await assert.rejects(rescale(1), { code: 'LOG_PARTITIONS_EXCEED_SLOTS', message: /2.*1/ });
  await rescale(3);
  assert.deepEqual(rescaled, [3]);
});
