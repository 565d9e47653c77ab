/** What a home gives the coordinator. */
import type { Json } from '../base/index.ts';
import type { CheckpointStorage, HeldValues } from '../checkpoint/index.ts';
import type { ConnectorRegistry, InputBinding } from '../connectors/index.ts';
import type { Spawner } from '../control/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { LogLine, Platform } from '../platform/index.ts';

export interface CoordinatorInit {
  readonly built: BuiltJob;
  readonly platform: Platform;
  readonly spawner: Spawner;
  readonly storage: CheckpointStorage;
  /** Of the same storage; given when its tables are also read while no job runs. */
  readonly heldValues?: HeldValues;
  /** Stored bytes of tables up to which they are kept in memory; TABLE_VIEW_BYTES_MAX unless told. */
  readonly tableViewBytesMax?: number;
  /** How a slot opens the same storage; home's own, goes into DeployMessage.storage. */
  readonly slotStorage: unknown;
  readonly registry: ConnectorRegistry;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  /** What `built` was built with; every slot builds the job with it again. */
  readonly parameters?: Json;
  readonly parallelism: number;
  readonly checkpointIntervalMs: number;
  /**
   * An epoch begins when the first rows of a table wait for it; the next one this much later, and every further one
   * after twice as long as the one before, up to the usual interval.
   */
  readonly firstCheckpointMs?: number;
  /** Go on from the newest checkpoint; false forgets what a former run left. */
  readonly resume: boolean;
  /** Bytes of one engine's memory at most. */
  readonly memoryBytesMax: number;
  /** Rows of a source batch (<= FRAME_ROWS_MAX). */
  readonly batchRows: number;
  readonly paused?: boolean;
  readonly paceSpeed?: number | null;
  readonly restartsMax?: number;
  readonly logLevel?: LogLine['level'];
}
