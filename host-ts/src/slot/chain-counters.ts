/** The part of a subtask's metrics that its chain knows. */
import type { SubtaskMetrics } from '../metrics/index.ts';
import type { Chain } from './chain.ts';
import { watermarkForMetrics } from './subtask.ts';
import type { SubtaskClock } from './subtask.ts';
import { WATERMARK_END, WATERMARK_NONE } from './times.ts';

type FromChain = Omit<SubtaskMetrics, 'vertex' | 'slot' | 'rowsIn' | 'bytesIn' | 'skippedRows'>;

export function chainCounters(chain: Chain, clock: SubtaskClock): FromChain {
  let lateRows = 0;
  let stateBytes = 0;
  let stateKeys = 0;
  for (const stage of chain.stages) {
    const counters = stage.counters;
    lateRows += counters.lateRows;
    stateBytes += counters.stateBytes;
    stateKeys += counters.stateKeys;
  }
  return {
    rowsOut: chain.output.rowsOut,
    bytesOut: chain.output.bytesOut,
    busyMs: clock.busyMs,
    backpressuredMs: clock.blockedMs,
    idleMs: clock.idleMs,
    watermark: watermarkForMetrics(chain.watermark, WATERMARK_NONE, WATERMARK_END),
    lateRows,
    stateBytes,
    stateKeys,
  };
}
