/**
 * Checkpoint storage on the other side of a port: one side holds it, slots in other threads use it.
 * Calls are numbered messages; bytes are copied once and transferred.
 */
import { errorFromData, errorToData, SluiceError } from '../base/index.ts';
import type { ErrorData } from '../base/index.ts';
import type { Port } from '../exchange/index.ts';
import { answerStorage, ownedArguments, storageOfCalls } from './called-storage.ts';
import type { StorageMethod } from './called-storage.ts';
import type { CheckpointStorage } from './storage.ts';

interface Call {
  readonly id: number;
  readonly method: StorageMethod;
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ErrorData });

/** Answers calls that come through the port; returns how to stop. */
export function serveStorage(storage: CheckpointStorage, port: Port): () => void {
  port.onmessage = ({ data }) => {
    const { id, method, args } = data as Call;
    answerStorage(storage, method, args).then(
      (result) => port.postMessage({ id, result } satisfies Answer, transferable(result)),
      (error: unknown) => port.postMessage({ id, error: errorToData(error) } satisfies Answer, []),
    );
  };
  return () => port.close();
}

/** The storage that `serveStorage` offers at the other end of the port. */
export function remoteStorage(port: Port): CheckpointStorage {
  const waiting = new Map<
    number,
    { readonly resolve: (result: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  let calls = 0;
  let isClosed = false;
  port.onmessage = ({ data }) => {
    const message = data as Answer;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if ('error' in message) call?.reject(errorFromData(message.error));
    else call?.resolve(message.result);
  };
  const call = (method: StorageMethod, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (isClosed) return reject(closed());
      const id = ++calls;
      waiting.set(id, { resolve, reject });
      const owned = ownedArguments(args);
      port.postMessage({ id, method, args: owned } satisfies Call, owned.flatMap(transferable));
    });
  return storageOfCalls(call, async () => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(closed());
    waiting.clear();
    port.close();
  });
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
