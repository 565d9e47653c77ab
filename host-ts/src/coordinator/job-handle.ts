/**
 * The user's handle over a coordinator in the same thread. Homes that keep the coordinator in
 * another thread put this behind Comlink or RPC.
 */
import type { JobHandle, TableHandle } from '../control/index.ts';
import { explain } from '../plan/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { Timers } from '../platform/index.ts';
import type { Coordinator } from './coordinator.ts';

/** Observers are told at most this often. */
const OBSERVE_EVERY_MS = 100;

export function createJobHandle(coordinator: Coordinator, built: BuiltJob, timers: Timers): JobHandle {
  return {
    done: coordinator.done,
    graph: () => Promise.resolve(built.graph),
    explain: () => Promise.resolve(explain(built.graph, built.plan)),
    status: () => Promise.resolve(coordinator.status()),
    metrics: () => Promise.resolve(coordinator.metrics()),
    observe: (listener) => {
      const told = coalesced(timers, () => listener(coordinator.status(), coordinator.metrics()));
      const stop = coordinator.observe(() => told.changed());
      told.changed();
      return Promise.resolve(() => {
        stop();
        told.stop();
      });
    },
    logs: () => Promise.resolve(coordinator.log.lines),
    pause: async () => coordinator.setPaused(true),
    resume: async () => coordinator.setPaused(false),
    setPace: async (speed) => coordinator.setPace(speed),
    checkpoint: () => coordinator.checkpoint(),
    stop: () => coordinator.stop(),
    cancel: async () => coordinator.cancel(),
    rescale: (parallelism) => coordinator.rescale(parallelism),
    killSlot: async (slot) => coordinator.killSlot(slot),
    table: (name) => tableHandle(coordinator, name),
    collected: async (name) => coordinator.results.collected(name),
  };
}

function tableHandle(coordinator: Coordinator, name: string): TableHandle {
  const { table, feed } = coordinator.results.table(name);
  return {
    columns: async () => table.columns(),
    rowCount: () => table.rowCount(),
    get: (key) => table.get(key),
    scan: (options) => table.scan(options),
    frames: () => table.frames(),
    read: (options) => table.readFrames(options),
    subscribe: async (listener) => feed.subscribe(listener),
  };
}

/** Calls back soon after a change, once for all changes of the interval before. */
function coalesced(timers: Timers, tell: () => void): { changed(): void; stop(): void } {
  let cancel: (() => void) | undefined;
  return {
    changed() {
      cancel ??= timers.after(OBSERVE_EVERY_MS, () => {
        cancel = undefined;
        tell();
      });
    },
    stop() {
      cancel?.();
    },
  };
}
