/**
 * A coordinator on a stage: its slots are played by the test, which says what each of them reports, and time stands
 * still unless the test moves it. The job counts rows by key into a table and writes them to a file.
 */
import '../golden/public-names.ts';
import { buildJob } from '../../src/api/index.ts';
import { HEARTBEAT_TIMEOUT_MS } from '../../src/base/index.ts';
import { MemoryCheckpointStorage } from '../../src/checkpoint/index.ts';
import type { SinkState, SlotSnapshot } from '../../src/checkpoint/index.ts';
import { rows, standardConnectors } from '../../src/connectors/index.ts';
import type { FromSlot, SlotLinkEvents, Spawner, ToSlot } from '../../src/control/index.ts';
import { Coordinator } from '../../src/coordinator/index.ts';
import type { CoordinatorInit } from '../../src/coordinator/coordinator-init.ts';
import type { FileStore, LogLine, Platform } from '../../src/platform/index.ts';
import { input, job, timestamp, utf8 } from '../../src/entry/index.ts';
import { toFile } from '../../src/api/index.ts';
import { ManualTime } from './manual-time.ts';

/** A message of an attempt without the attempt: the stage adds the current one. */
type Said = FromSlot extends infer Message ? (Message extends unknown ? Omit<Message, 'attempt'> : never) : never;

export class PlayedSlot {
  readonly slot: number;
  readonly posted: ToSlot[] = [];
  readonly #events: SlotLinkEvents;
  killed = false;

  constructor(slot: number, events: SlotLinkEvents) {
    this.slot = slot;
    this.#events = events;
  }

  /** The newest attempt that this slot was deployed with. */
  get attempt(): number {
    return Math.max(0, ...this.posted.map((message) => (message.type === 'deploy' ? message.attempt : 0)));
  }

  say(message: Said): void {
    this.#events.message({ ...message, attempt: this.attempt } as FromSlot);
  }

  exit(reason = 'crashed'): void {
    this.#events.exit(reason);
  }

  /** Messages of one kind that were posted to it. */
  got<Type extends ToSlot['type']>(type: Type): readonly Extract<ToSlot, { readonly type: Type }>[] {
    return this.posted.filter((message): message is Extract<ToSlot, { readonly type: Type }> => message.type === type);
  }
}

export interface StageOptions extends Partial<CoordinatorInit> {
  readonly files?: FileStore;
  readonly toFile?: boolean;
}

export class Stage {
  readonly time = new ManualTime();
  readonly storage = new MemoryCheckpointStorage();
  readonly lines: LogLine[] = [];
  /** Every worker that was ever made, in order. */
  readonly workers: PlayedSlot[] = [];
  readonly coordinator: Coordinator;

  constructor(options: StageOptions = {}) {
    const { files, toFile: withFile = false, ...init } = options;
    const flights = input('clicks', { at: timestamp(), who: utf8() });
    const built = buildJob(
      job('stage', (env) => {
        const clicks = env.source(flights).watermarks({ column: 'at', outOfOrder: 0 });
        clicks.sink(env.table('clicks', { key: ['who'] }));
        if (withFile) clicks.sink(toFile('clicks.ndjson', 'ndjson'));
      }),
    );
    const platform: Platform = {
      home: 'simulation',
      clock: this.time.clock,
      timers: this.time.timers,
      random: () => 0.5,
      engineModule: () => Promise.reject(new Error('no engine on the stage')),
      log: (line) => this.lines.push(line),
      print: () => undefined,
      open: () => Promise.reject(new Error('no bytes on the stage')),
      cores: 2,
      ...(files !== undefined && { files }),
    };
    const spawner: Spawner = {
      channelKind: 'simulated',
      spawn: (slot, events) => {
        const worker = new PlayedSlot(slot, events);
        this.workers.push(worker);
        return {
          post: (message) => worker.posted.push(message),
          kill: () => {
            worker.killed = true;
          },
        };
      },
      channelPlan: (_edges, parallelism) => ({
        plans: Array.from({ length: parallelism }, () => null),
        transfers: Array.from({ length: parallelism }, () => []),
      }),
    };
    this.coordinator = new Coordinator({
      built,
      platform,
      spawner,
      storage: this.storage,
      slotStorage: null,
      registry: standardConnectors,
      inputs: { clicks: rows([[{ at: 1, who: 'a' }], [{ at: 2, who: 'b' }]]) },
      parallelism: 2,
      checkpointIntervalMs: 1_000,
      resume: false,
      memoryBytesMax: 1 << 24,
      batchRows: 16,
      ...init,
    });
  }

  /** The worker that plays this slot now. */
  slot(index: number): PlayedSlot {
    const worker = this.workers.findLast(({ slot }) => slot === index);
    if (worker === undefined) throw new TypeError(`nobody plays slot ${index}`);
    return worker;
  }

  /** Starts the job and lets all slots say that they are deployed. */
  async running(): Promise<void> {
    await this.coordinator.start();
    await this.deployAll();
  }

  /** All workers say that they are up (if they have not) and deployed. */
  async deployAll(): Promise<void> {
    await settled();
    const { parallelism } = this.coordinator.status();
    for (let index = 0; index < parallelism; index++) this.slot(index).say({ type: 'ready' });
    await settled();
    for (let index = 0; index < parallelism; index++) this.slot(index).say({ type: 'deployed', slot: index });
    await settled();
  }

  /** All slots acknowledge the epoch; `sinks` is what slot 0 prepared. */
  async acknowledge(epoch: number, sinks: readonly SinkState[] = []): Promise<void> {
    const { parallelism } = this.coordinator.status();
    for (let slot = 0; slot < parallelism; slot++) {
      const snapshot: SlotSnapshot = {
        slot,
        records: [],
        values: {},
        splits: [],
        sinks: slot === 0 ? sinks : [],
        bytesWritten: 0,
        bytesCarried: 0,
      };
      this.slot(slot).say({ type: 'snapshot', epoch, snapshot, alignMs: 0, bytes: 0 });
    }
    await settled();
  }
}

/** Half of the silence after which a slot is taken for dead. */
export const QUIET_MS = HEARTBEAT_TIMEOUT_MS / 2;

/** All promise callbacks that can run have run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A promise that is settled from outside. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}
