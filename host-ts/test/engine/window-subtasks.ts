/** The subtasks of one window operator with the snapshot store of each, for tests of rescaling. */
import assert from 'node:assert/strict';
import { SnapshotStore, type Value, type WindowPlan, WindowUnderTest, instantiate } from './window-harness.ts';

export const GROUPS = 128;

const bounds = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => Math.round((i * GROUPS) / n));

/** One job's subtasks with the store of each. */
export class Subtasks {
  readonly windows: WindowUnderTest[];
  readonly stores: SnapshotStore[];
  readonly bounds: number[];

  constructor(module: WebAssembly.Module, plan: WindowPlan, count: number, records?: readonly Uint8Array[]) {
    this.bounds = bounds(count);
    this.windows = Array.from({ length: count }, () => new WindowUnderTest(instantiate(module), plan));
    this.stores = this.windows.map(() => new SnapshotStore());
    if (!records) return;
    this.windows.forEach((window, i) => {
      const status = window.restore(records, this.bounds[i] ?? 0, this.bounds[i + 1] ?? 0);
      assert.equal(status, 0, `restore: error ${window.e.errorCode()} check ${window.e.errorValue(0)}`);
    });
  }

  push({ frame }: { readonly frame: Uint8Array }): void {
    this.windows.forEach((window, i) => {
      const from = this.bounds[i] ?? 0;
      const to = this.bounds[i + 1] ?? 0;
      const mine = window.keyGroups(frame).flatMap((group, row) => (group >= from && group < to ? [row] : []));
      assert.equal(window.push(frame, mine), 0);
    });
  }

  watermark(time: bigint): Value[][] {
    return this.windows.flatMap((window) => window.watermark(time));
  }

  snapshot(): Uint8Array[] {
    this.windows.forEach((window, i) => this.stores[i]?.add(window.snapshot()));
    return this.stores.flatMap((store) => store.records());
  }
}
