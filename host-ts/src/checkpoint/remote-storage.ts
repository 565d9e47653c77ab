/**
 * Checkpoint storage on the other side of a port: one side holds it, slots in other threads use it.
 * Calls are numbered messages; bytes are copied once and transferred.
 */
import { errorFromData, errorToData, SluiceError } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import type { Port } from '../exchange/index.ts';
import type { CheckpointStorage } from './storage.ts';

type Method = Exclude<keyof CheckpointStorage, 'close'>;

interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ErrorData });

const METHODS: readonly Method[] = [
  'fence',
  'lastAttempt',
  'putValue',
  'getValue',
  'publish',
  'epochs',
  'manifest',
  'release',
  'valueNames',
];

/** Answers calls that come through the port; returns how to stop. */
export function serveStorage(storage: CheckpointStorage, port: Port): () => void {
  port.onmessage = ({ data }) => {
    const { id, method, args } = data as Call;
    answer(storage, method, args).then(
      (result) => port.postMessage({ id, result } satisfies Answer, transferable(result)),
      (error: unknown) => port.postMessage({ id, error: errorToData(error) } satisfies Answer, []),
    );
  };
  return () => port.close();
}

async function answer(storage: CheckpointStorage, method: Method, args: readonly unknown[]): Promise<unknown> {
  if (!METHODS.includes(method)) throw new TypeError(`checkpoint storage has no method ${method as string}`);
  return (storage[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

/** The storage that `serveStorage` offers at the other end of the port. */
export function remoteStorage(port: Port): CheckpointStorage {
  const waiting = new Map<
    number,
    { readonly resolve: (result: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  let calls = 0;
  port.onmessage = ({ data }) => {
    const message = data as Answer;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if ('error' in message) call?.reject(errorFromData(message.error));
    else call?.resolve(message.result);
  };
  const send = (method: Method, ...args: readonly unknown[]): Promise<never> =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++calls;
      waiting.set(id, { resolve, reject });
      port.postMessage({ id, method, args } satisfies Call, args.flatMap(transferable));
    }) as Promise<never>;
  return {
    fence: (attempt) => send('fence', attempt),
    lastAttempt: () => send('lastAttempt'),
    // borrowed bytes (perhaps of an engine's memory) cannot be transferred: a copy can
    putValue: (attempt, name, bytes) => send('putValue', attempt, name, bytes.slice()),
    getValue: (name) => send('getValue', name),
    publish: (attempt, epoch, manifest) => send('publish', attempt, epoch, manifest.slice()),
    epochs: () => send('epochs'),
    manifest: (epoch) => send('manifest', epoch),
    release: (attempt, epochs, values) => send('release', attempt, epochs, values),
    valueNames: () => send('valueNames'),
    async close() {
      for (const { reject } of waiting.values()) reject(closed());
      waiting.clear();
      port.close();
    },
  };
}

/** The same storage for users that come and go: closing is left to who owns it. */
export function keptOpen(storage: CheckpointStorage): CheckpointStorage {
  return {
    fence: (attempt) => storage.fence(attempt),
    lastAttempt: () => storage.lastAttempt(),
    putValue: (attempt, name, bytes) => storage.putValue(attempt, name, bytes),
    getValue: (name) => storage.getValue(name),
    publish: (attempt, epoch, manifest) => storage.publish(attempt, epoch, manifest),
    epochs: () => storage.epochs(),
    manifest: (epoch) => storage.manifest(epoch),
    release: (attempt, epochs, values) => storage.release(attempt, epochs, values),
    valueNames: () => storage.valueNames(),
    close: async () => undefined,
  };
}

function transferable(value: unknown): ArrayBuffer[] {
  const whole =
    value instanceof Uint8Array &&
    value.buffer instanceof ArrayBuffer &&
    value.byteLength === value.buffer.byteLength &&
    value.byteLength > 0;
  return whole ? [value.buffer] : [];
}

function closed(): SluiceError {
  return new SluiceError({
    code: 'CHECKPOINT_STORAGE_CLOSED',
    kind: 'environment',
    message: 'the checkpoint storage was closed while it was in use',
    hint: 'the job has been stopped; start it again to go on',
  });
}
