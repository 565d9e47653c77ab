/** The page's handle on a job whose coordinator runs in a worker. */
import * as Comlink from 'comlink';
import { errorFromData } from '../base/index.ts';
import type { JobHandle, JobResult, ScanOptions, TableHandle } from '../control/index.ts';
import type { Outcome, PlainMethod, RemoteJob, TableMethod } from './worker-messages.ts';

/** A handle that also gives its workers back. */
export interface PageJobHandle extends JobHandle {
  /** Ends all workers at once. What was checkpointed stays. */
  close(): void;
}

export interface RemoteHandleInit {
  readonly remote: Comlink.Remote<RemoteJob>;
  /** Rejects when the coordinator's worker fails or the handle is closed; never resolves. */
  readonly lost: Promise<never>;
  readonly close: () => void;
}

export function remoteHandle({ remote, lost, close }: RemoteHandleInit): PageJobHandle {
  const orLost = unless(lost);
  const result = async <Value>(outcome: Promise<Outcome>): Promise<Value> => {
    const settled = await orLost(outcome);
    if ('error' in settled) throw errorFromData(settled.error);
    return settled.value as Value;
  };
  const call =
    <Value>(method: PlainMethod) =>
    (...args: readonly unknown[]): Promise<Value> =>
      result(remote.call(method, args));
  const stopper = async (listening: Promise<Outcome>): Promise<() => void> => {
    const number = await result<number>(listening);
    return () => void remote.unlisten(number);
  };
  async function* read(table: string, options: ScanOptions | undefined): AsyncGenerator<Uint8Array> {
    const reading = await result<number>(remote.readStart(table, options));
    try {
      for (;;) {
        const frame = await result<Uint8Array | undefined>(remote.readNext(reading));
        if (frame === undefined) return;
        yield frame;
      }
    } finally {
      remote.readEnd(reading).catch(() => undefined); // a worker that is gone has let everything go
    }
  }
  const done = result<JobResult>(remote.done());
  done.catch(() => undefined); // also seen through status()
  return {
    done,
    graph: call('graph'),
    explain: call('explain'),
    status: call('status'),
    metrics: call('metrics'),
    observe: (listener) => stopper(remote.observe(Comlink.proxy(listener))),
    logs: call('logs'),
    pause: call('pause'),
    resume: call('resume'),
    setPace: call('setPace'),
    checkpoint: call('checkpoint'),
    stop: call('stop'),
    cancel: call('cancel'),
    rescale: call('rescale'),
    killSlot: call('killSlot'),
    collected: call('collected'),
    table(name): TableHandle {
      const callTable =
        <Value>(method: TableMethod) =>
        (...args: readonly unknown[]): Promise<Value> =>
          result(remote.callTable(name, method, args));
      return {
        columns: callTable('columns'),
        rowCount: callTable('rowCount'),
        get: callTable('get'),
        scan: callTable('scan'),
        frames: callTable('frames'),
        read: (options) => read(name, options),
        subscribe: (listener) => stopper(remote.subscribe(name, Comlink.proxy(listener))),
      };
    },
    close,
  };
}

/**
 * Promises that reject when `lost` does, if they have not settled by then. A race against a promise that stays open
 * would keep everything that ever won: `lost` lives as long as the page.
 */
function unless(lost: Promise<never>): <Value>(promise: Promise<Value>) => Promise<Value> {
  const waiting = new Set<() => void>();
  let isLost = false;
  lost.catch(() => {
    isLost = true;
    for (const fail of waiting) fail();
    waiting.clear();
  });
  return (promise) =>
    isLost
      ? lost
      : new Promise((resolve, reject) => {
          const fail = (): void => void lost.catch(reject);
          waiting.add(fail);
          promise.then(resolve, reject).finally(() => waiting.delete(fail));
        });
}

/** Waits until the job has been started; rejects with what kept it from that. */
export async function whenStarted(remote: Comlink.Remote<RemoteJob>, lost: Promise<never>): Promise<void> {
  const outcome = await Promise.race([remote.started(), lost]);
  if ('error' in outcome) throw errorFromData(outcome.error);
}
