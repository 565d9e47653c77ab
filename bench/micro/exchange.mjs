// Channels between two worker threads: rows and bytes per second of the ring and the message form, by batch size.
//   node bench/micro/exchange.mjs [--json] [--tiny]
// One thread sends frames of 24-byte rows, the other copies each out of the channel into its own memory (as a slot
// does into its engine's) and adds it to a hash. Forms alternate within a round; the median of the rounds is printed.
// It measures an inner room, which has no public name, and so takes it from its source.
import { once } from 'node:events';
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const exchange = await import(new URL('../../host-ts/src/exchange/index.ts', import.meta.url).href);
const ROW_BYTES = 24;
const FRAME_BYTES = [4096, 16_384, 65_536, 131_072];
const FORMS = ['ring', 'message'];
const timers = {
  after(delayMs, callback) {
    const timer = setTimeout(() => callback(), delayMs);
    return () => clearTimeout(timer);
  },
  soon: setImmediate,
};

if (isMainThread) await main();
else serve(workerData.slot);

async function main() {
  const tiny = process.argv.includes('--tiny');
  const rounds = tiny ? 1 : 5;
  const totalBytes = tiny ? 2 ** 21 : 2 ** 30;
  const threads = [0, 1].map((slot) => new Worker(new URL(import.meta.url), { workerData: { slot } }));
  const seconds = new Map();
  let hash = 0;
  for (let round = 0; round < rounds; round++) {
    for (const frameBytes of FRAME_BYTES) {
      for (const form of FORMS) {
        const result = await measure(threads, form, frameBytes, Math.ceil(totalBytes / frameBytes));
        const key = `${form}/${frameBytes}`;
        seconds.set(key, [...(seconds.get(key) ?? []), result.seconds]);
        hash = (Math.imul(hash, 31) + result.hash) | 0;
      }
    }
  }
  await Promise.all(threads.map((thread) => thread.terminate()));
  for (const [key, times] of seconds) {
    const frameBytes = Number(key.split('/')[1]);
    const bytes = Math.ceil(totalBytes / frameBytes) * frameBytes;
    const median = times.sort((a, b) => a - b)[times.length >> 1];
    print(`exchange/${key}B/bytes`, bytes / median / 1e9, 'GB/s');
    print(`exchange/${key}B/rows`, bytes / ROW_BYTES / median / 1e6, 'M rows/s');
  }
  print('exchange/hash', hash >>> 0, 'hash');
}

function print(name, value, unit) {
  const rounded = unit === 'hash' ? value : Number(value.toPrecision(4));
  console.log(
    process.argv.includes('--json') ? JSON.stringify({ name, value: rounded, unit }) : `${name}\t${rounded}\t${unit}`,
  );
}

async function measure([sender, receiver], form, frameBytes, frames) {
  const options = { edges: [0], parallelism: 2 };
  const newPair = () => {
    const { port1, port2 } = new MessageChannel();
    return [port1, port2];
  };
  const { plans, transfers } =
    form === 'ring' ? exchange.createRingPlan(options) : exchange.createMessagePlan(options, newPair);
  const [, [result]] = await Promise.all(
    [sender, receiver].map((thread, slot) => {
      const answer = once(thread, 'message'); // rejects at 'error'
      thread.postMessage({ plan: plans[slot], frameBytes, frames }, transfers[slot]);
      return answer;
    }),
  );
  return result;
}

function serve(slot) {
  const open = exchange.channelOpener(timers);
  parentPort.on('message', ({ plan, frameBytes, frames }) => {
    const { factory, doorbell } = open(plan);
    if (slot === 0) send(factory.sender(0, 1), doorbell, frameBytes, frames);
    else receive(factory.receiver(0, 0), doorbell, frameBytes, frames);
  });
}

function send(channel, doorbell, frameBytes, frames) {
  const frame = new Uint8Array(frameBytes).map((_, at) => at * 13);
  const head = {
    kind: exchange.PACKET_FRAME,
    attempt: 1,
    rowCount: Math.min(4096, Math.floor(frameBytes / ROW_BYTES)),
    value: 0n,
  };
  let sent = 0;
  const step = () => {
    while (sent < frames && channel.send(head, frame)) sent++;
    if (sent < frames) doorbell.wait(step);
    else parentPort.postMessage('sent');
  };
  step();
}

function receive(channel, doorbell, frameBytes, frames) {
  const memory = new Uint8Array(frameBytes);
  const words = new Int32Array(memory.buffer);
  let received = 0;
  let hash = 0;
  let start;
  const step = () => {
    for (let packet = channel.peek(); packet !== undefined; packet = channel.peek()) {
      start ??= performance.now();
      memory.set(packet.payload);
      channel.release();
      received++;
      hash = (Math.imul(hash, 31) + words[received % words.length]) | 0;
    }
    if (received < frames) doorbell.wait(step);
    else parentPort.postMessage({ seconds: (performance.now() - start) / 1000, hash });
  };
  step();
}
