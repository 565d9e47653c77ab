// A plain Node script that uses the installed package: worker threads and the engine must load from it.
import { start } from 'sluice/node';
import { finish, inputs } from './orders-job.mjs';

const handle = await start(new URL('./orders-job.mjs', import.meta.url), {
  inputs: inputs(),
  parallelism: 2,
});
console.log(await finish(handle));
