// A job whose object came back and waits for its next try: what is said of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommittedTables } from './committed-tables.ts';
import { answerJob } from './job-api.ts';
import type { JobAccess } from './job-api.ts';
import { RunRecord } from './run-record.ts';
import { ServedJobs } from './served-jobs.ts';
import { SqliteCheckpointStorage } from './sqlite-checkpoint-storage.ts';
import { startOptions } from './start-request.ts';
import { nodeSqlite } from '../test/node-sqlite.ts';

function waitingJob(): JobAccess {
  const sqlite = nodeSqlite();
  const record = new RunRecord(sqlite);
  record.start('late flights', startOptions({}, { name: 'late flights', inputs: [] }));
  return {
    jobs: new ServedJobs([]),
    record,
    tables: new CommittedTables(new SqliteCheckpointStorage(sqlite)),
    running: undefined,
    start: () => Promise.reject(new Error('it is not started here')),
    crashSlot: async () => undefined,
    crash: () => undefined,
  };
}

for (const action of ['status', 'metrics']) {
  test(`${action} of a job that waits for its next try is JOB_WAITS`, async () => {
    const request = new Request(`http://coordinator/late%20flights/${action}`);
    await assert.rejects(answerJob(request, waitingJob()), { code: 'JOB_WAITS' });
  });
}
