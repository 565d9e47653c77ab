// Workers for jobs. Some are made before they are wanted: a worker needs a tenth of a second to load its module, and
// the first results should not wait for that.

const waiting: Worker[] = [];

/** Makes workers now that later calls of `takeWorker` hand out. */
export function warmWorkers(count: number): void {
  while (waiting.length < count) waiting.push(newWorker());
}

export function takeWorker(): Worker {
  return waiting.shift() ?? newWorker();
}

function newWorker(): Worker {
  return new Worker(new URL('../slot-worker.ts', import.meta.url), { type: 'module' });
}
