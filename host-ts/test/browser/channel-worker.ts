// One slot of the channel tests: sends packets to every slot on one edge, checks all it gets, posts the bytes.
import { browserPlatform } from '../../src/adapter-browser/browser-platform.ts';
import { openChannels, PACKET_FRAME } from '../../src/exchange/index.ts';

interface Task {
  readonly plan: unknown;
  readonly slot: number;
  readonly slots: number;
  readonly packets: number;
}

const EDGE = 4;
const platform = browserPlatform();

onmessage = ({ data: { plan, slot, slots, packets } }: MessageEvent<Task>) => {
  const channels = openChannels(plan, platform.timers);
  const { factory, doorbell } = channels;
  const all = Array.from({ length: slots }, (_, other) => other);
  const out = all.map((other) => ({ end: factory.sender(EDGE, other), sent: 0 }));
  const into = all.map((other) => ({ end: factory.receiver(EDGE, other), got: 0, other }));
  const payload = new Uint8Array(40_000);
  const bytesOf = (index: number): number => (index * 997) % 40_000;

  const receive = (one: (typeof into)[number]): boolean => {
    const packet = one.end.peek();
    if (packet === undefined) return false;
    if (packet.value !== BigInt(one.got * 10 + one.other)) throw new Error(`out of order: ${packet.value}`);
    if (packet.payload.length !== bytesOf(one.got)) throw new Error(`${packet.payload.length} B at ${one.got}`);
    if (packet.payload.length > 0 && packet.payload.at(-1) !== one.got % 251) throw new Error('torn');
    one.end.release();
    one.got++;
    return true;
  };
  const send = (one: (typeof out)[number]): boolean => {
    if (one.sent === packets) return false;
    const bytes = bytesOf(one.sent);
    if (bytes > 0) payload[bytes - 1] = one.sent % 251;
    const head = { kind: PACKET_FRAME, attempt: 1, rowCount: 1, value: BigInt(one.sent * 10 + slot) };
    if (!one.end.send(head, payload.subarray(0, bytes))) return false;
    one.sent++;
    return true;
  };
  const step = (): void => {
    let moved = true;
    while (moved) {
      moved = false;
      for (const one of into) moved = receive(one) || moved;
      for (const one of out) moved = send(one) || moved;
    }
    if (into.some((one) => one.got < packets) || out.some((one) => one.sent < packets)) {
      doorbell.wait(step);
      return;
    }
    postMessage(into.reduce((sum, one) => sum + one.end.receivedBytes, 0));
    onmessage = () => channels.close();
  };
  step();
};
