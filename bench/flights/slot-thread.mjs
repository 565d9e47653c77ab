// A thread that serves one slot of one job after another.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { registryFor } from './cluster.mjs';
import { opened } from './frames.mjs';
import { JOBS } from './jobs.mjs';
import { adapterNode, api, checkpoint, exchange, slot as slotRoom } from './rooms.mjs';

const platform = adapterNode.nodePlatform();
// the engine of the job before and the frames that were copied in are not this job's garbage
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

parentPort.on('message', ({ job, gate, frames, splitCount, control, storage: port }) => {
  const storage = checkpoint.remoteStorage(port);
  let before = process.threadCpuUsage();
  if (frames) void opened(gate).then(() => (before = process.threadCpuUsage()));
  const slot = new slotRoom.Slot({
    platform,
    post: (message, transfer = []) => control.postMessage(message, transfer),
    openStorage: async () => checkpoint.keptOpen(storage),
    openChannels: exchange.channelOpener(platform.timers),
    buildJob: (_, parameters) => api.buildJob(JOBS[job], parameters),
    connectors: registryFor({ frames, splitCount }, gate, collectGarbage),
  });
  control.on('message', (message) => {
    if (message.type !== 'close') return slot.receive(message);
    slot.close();
    control.close();
    port.close();
    const { user, system } = process.threadCpuUsage(before);
    parentPort.postMessage({ cpuSeconds: (user + system) / 1e6 });
  });
  slot.hello();
});
parentPort.postMessage('ready');
