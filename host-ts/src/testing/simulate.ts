/**
 * Runs a whole job in the simulated world, with crashes, by one seed.
 *
 * Coordinator and slots are the real code; clock, channels, storage and workers are simulated.
 * Slots crash at random steps, and now and then the whole process: then a new coordinator goes
 * on from what lies in storage. On request the parallelism changes while the job runs and between processes, and
 * storage fails now and then. The folded output must not depend on any of it, and no checkpoint in storage may ever lack
 * a value (audited-storage.ts).
 */
import { SluiceError, errorToData, withContext } from '../base/index.ts';
import type { CarryLimits } from '../checkpoint/index.ts';
import type { ConnectorRegistry, InputBinding } from '../connectors/index.ts';
import { Coordinator } from '../coordinator/index.ts';
import type { BuiltJob } from '../plan/index.ts';
import type { SlotFaults } from '../slot/index.ts';
import { tableJson } from '../table/index.ts';
import { AuditedStorage } from './audited-storage.ts';
import type { StoredBytes } from './audited-storage.ts';
import { SimSpawner } from './sim-spawner.ts';
import { SimStorage } from './sim-storage.ts';
import { simFiles } from './sim-files.ts';
import type { SimFolder } from './sim-files.ts';
import { simPlatform } from './sim-platform.ts';
import { UnsteadyStorage } from './unsteady-storage.ts';
import { World } from './world.ts';
import type { Settle } from './world.ts';

export interface Simulation {
  readonly seed: number;
  /** The compiled engine. */
  readonly module: WebAssembly.Module;
  /** Runs the job's builder; called once per worker and attempt. */
  readonly buildJob: () => BuiltJob;
  readonly registry: ConnectorRegistry;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly settle: Settle;
  /** 1 … 4 by the seed unless given. */
  readonly parallelism?: number;
  /** 0 for the uninterrupted run. */
  readonly crashesMax: number;
  /** Rescalings at random moments, at most; a new process then has another parallelism too. 0 unless given. */
  readonly rescalesMax?: number;
  /** Failures of storage, at most. 0 unless given. */
  readonly storageFailuresMax?: number;
  readonly batchRows?: number;
  /** When live records of sparse values are carried over into new ones; as outside of simulations unless given. */
  readonly carry?: CarryLimits;
  readonly faults?: SlotFaults;
  readonly log?: (text: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly parallelism: number;
  /** Every table as lines of JSON in key order. */
  readonly tables: Readonly<Record<string, string>>;
  /** Every file by its path. */
  readonly files: Readonly<Record<string, string>>;
  readonly crashes: number;
  readonly rescales: number;
  readonly storageFailures: number;
  /** Epochs that attempts after a crash began from; 0 = from the start. */
  readonly restoredEpochs: readonly number[];
  readonly epochs: number;
  /** Stored bytes as each epoch was published. */
  readonly epochsStored: readonly StoredBytes[];
  /** Bytes that slots stored for checkpoints, and those among them that were carried over from older values. */
  readonly bytesWritten: number;
  readonly bytesCarried: number;
  /** Stored values of former attempts that no checkpoint names. */
  readonly leftBehind: readonly string[];
  readonly lateRows: number;
  readonly steps: number;
  readonly simulatedMs: number;
}

const CHECKPOINT_EVERY_MS = 4;
const STEPS_MAX = 400_000;
const MEMORY_BYTES_MAX = 1 << 28;

export async function simulate(simulation: Simulation): Promise<SimulationResult> {
  const run = new SimulatedRun(simulation);
  return run.toTheEnd();
}

class SimulatedRun {
  readonly #simulation: Simulation;
  readonly #world: World;
  readonly #storage = new AuditedStorage();
  readonly #folder: SimFolder = new Map();
  readonly #storageFailures: { failures: number };
  #parallelism: number;
  #rescales = 0;
  readonly #restored: number[] = [];
  #coordinator!: Coordinator;
  #spawner!: SimSpawner;
  #alive = { value: true };
  #ended: { readonly error: unknown } | undefined;
  #crashes = 0;
  #recoveriesSeen = 0;
  #bytesWritten = 0;
  #bytesCarried = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#world = new World(simulation.seed, simulation.settle);
    this.#parallelism = simulation.parallelism ?? this.#world.random.between(1, 4);
    this.#storageFailures = { failures: simulation.storageFailuresMax ?? 0 };
  }

  async toTheEnd(): Promise<SimulationResult> {
    const { crashesMax, rescalesMax = 0 } = this.#simulation;
    this.#start(false);
    const planned = crashesMax === 0 ? 0 : this.#world.random.between(1, crashesMax);
    if (planned > 0) this.#scheduleCrash(planned);
    if (rescalesMax > 0) this.#scheduleRescale(this.#world.random.between(1, rescalesMax));
    await this.#world.run(() => this.#ended !== undefined, STEPS_MAX);
    if (this.#ended?.error !== undefined) throw withContext(this.#ended.error, { seed: this.#simulation.seed });
    this.#noteRecoveries();
    const result = await this.#result();
    const [wrong] = this.#storage.wrongs;
    if (wrong !== undefined) throw checkpointBroken(this.#simulation.seed, wrong);
    return result;
  }

  #start(resume: boolean): void {
    const { module, registry, buildJob, inputs, batchRows, faults, carry } = this.#simulation;
    const alive = { value: true };
    this.#alive = alive;
    const isAlive = (): boolean => alive.value;
    const unsteady = (reads: boolean): UnsteadyStorage =>
      new UnsteadyStorage(this.#storage, this.#world.random, this.#storageFailures, reads);
    this.#spawner = new SimSpawner({
      world: this.#world,
      module,
      storage: unsteady(true),
      registry,
      buildJob,
      faults: faults ?? {},
      carry,
      acknowledged: (snapshot) => {
        this.#bytesWritten += snapshot.bytesWritten;
        this.#bytesCarried += snapshot.bytesCarried;
      },
    });
    const coordinator = new Coordinator({
      built: buildJob(),
      platform: {
        ...simPlatform(this.#world, module, isAlive),
        files: simFiles(this.#world, this.#folder, isAlive),
      },
      spawner: this.#spawner,
      storage: new SimStorage(this.#world, unsteady(false), isAlive), // a start whose reads fail is a failed start
      slotStorage: undefined,
      registry,
      inputs,
      parallelism: this.#parallelism,
      checkpointIntervalMs: CHECKPOINT_EVERY_MS,
      resume,
      memoryBytesMax: MEMORY_BYTES_MAX,
      batchRows: batchRows ?? 256,
      restartsMax: 1_000,
    });
    this.#coordinator = coordinator;
    this.#recoveriesSeen = 0;
    const ended = (error: unknown): void => {
      if (alive.value) this.#ended ??= { error };
    };
    coordinator.start().then(() => {
      if (resume && alive.value) this.#restored.push(coordinator.status().restoredEpoch);
    }, ended);
    coordinator.done.then(() => ended(undefined), ended);
  }

  #scheduleCrash(left: number): void {
    if (left === 0) return;
    this.#world.at(this.#world.random.between(14, 36), () => {
      if (this.#ended !== undefined) return;
      if (this.#world.random.chance(0.2)) this.#crashProcess();
      else this.#crashSlot();
      this.#scheduleCrash(left - 1);
    });
  }

  #scheduleRescale(left: number): void {
    if (left === 0) return;
    this.#world.at(this.#world.random.between(5, 40), () => {
      if (this.#ended !== undefined) return;
      void this.#rescale();
      this.#scheduleRescale(left - 1);
    });
  }

  /** A job that ends meanwhile, or a process that dies, rescales no more. */
  async #rescale(): Promise<void> {
    const coordinator = this.#coordinator;
    const parallelism = this.#world.random.between(1, 4);
    this.#log(`rescaling to ${parallelism} at ${this.#world.nowMs.toFixed(1)} ms`);
    try {
      await coordinator.rescale(parallelism);
      this.#rescales += 1;
    } catch (error) {
      if (coordinator === this.#coordinator && errorToData(error).code !== 'JOB_NOT_RUNNING') this.#ended ??= { error };
    }
  }

  #crashSlot(): void {
    if (!this.#spawner.crashOne()) return;
    this.#crashes += 1;
    this.#log(`a slot crashed at ${this.#world.nowMs.toFixed(1)} ms`);
  }

  #crashProcess(): void {
    this.#crashes += 1;
    this.#log(`the process crashed at ${this.#world.nowMs.toFixed(1)} ms`);
    this.#noteRecoveries();
    this.#alive.value = false;
    this.#spawner.crashAll();
    if ((this.#simulation.rescalesMax ?? 0) > 0) this.#parallelism = this.#world.random.between(1, 4);
    this.#start(true);
  }

  #noteRecoveries(): void {
    const { recoveries } = this.#coordinator.status();
    this.#restored.push(...recoveries.slice(this.#recoveriesSeen).map((recovery) => recovery.epoch));
    this.#recoveriesSeen = recoveries.length;
  }

  async #result(): Promise<SimulationResult> {
    const { results } = this.#coordinator;
    const tables: Record<string, string> = {};
    const reading = Promise.all(
      results.tableNames.map(async (name) => {
        const { table } = results.table(name);
        const frames = await table.frames();
        tables[name] = [...tableJson({ schema: table.schema, frames })].join('');
      }),
    );
    let read = false;
    reading.then(
      () => {
        read = true;
      },
      (error: unknown) => {
        this.#log(errorToData(error).message);
      },
    );
    await this.#world.run(() => read && this.#world.idle, STEPS_MAX * 2); // also what the coordinator still has to remove
    const status = this.#coordinator.status();
    const { subtasks } = this.#coordinator.metrics();
    return {
      seed: this.#simulation.seed,
      parallelism: this.#parallelism,
      tables,
      files: Object.fromEntries([...this.#folder].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
      crashes: this.#crashes,
      rescales: this.#rescales,
      storageFailures: (this.#simulation.storageFailuresMax ?? 0) - this.#storageFailures.failures,
      restoredEpochs: this.#restored,
      epochs: status.epoch,
      epochsStored: this.#storage.epochsStored,
      bytesWritten: this.#bytesWritten,
      bytesCarried: this.#bytesCarried,
      leftBehind: this.#storage.leftBehind(),
      lateRows: subtasks.reduce((sum, subtask) => sum + subtask.lateRows, 0),
      steps: this.#world.steps,
      simulatedMs: this.#world.nowMs,
    };
  }

  #log(text: string): void {
    this.#simulation.log?.(`seed ${this.#simulation.seed}: ${text}`);
  }
}

function checkpointBroken(seed: number, wrong: string): SluiceError {
  return new SluiceError({
    code: 'SIMULATION_CHECKPOINT_BROKEN',
    kind: 'bug',
    message: `a checkpoint in storage cannot be restored: ${wrong}`,
    hint: 'please report it',
    context: { seed },
  });
}
