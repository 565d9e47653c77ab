// A job whose function ends the worker that runs it, every time: a slot that dies and cannot be saved.
import process from 'node:process';
import { collection, job } from '../../../src/api/index.ts';
import { utf8 } from '../../../src/schema/index.ts';

export default job('deadly', (env) =>
  env
    .source(collection({ user: utf8() }, [{ user: 'ann' }, { user: 'bob' }]))
    .filter((row) => row.user !== 'bob' || process.exit(3))
    .sink(env.table('users', { key: ['user'] })),
);
