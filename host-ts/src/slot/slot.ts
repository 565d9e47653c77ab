/**
 * A slot: one worker of the job. It waits for a deployment, runs it until it is stopped, fails or
 * is replaced by a deployment of a later attempt.
 */
import { errorToData, withContext } from '../base/index.ts';
import type { DeployMessage, FromSlot, ToSlot } from '../control/index.ts';
import { SlotRun } from './slot-run.ts';
import type { SlotDependencies } from './slot-dependencies.ts';

export class Slot {
  readonly #deps: SlotDependencies;
  #run: SlotRun | undefined;
  #attempt = 0;

  constructor(deps: SlotDependencies) {
    this.#deps = deps;
  }

  /** Says that the worker is up. */
  hello(): void {
    this.#deps.post({ type: 'ready' });
  }

  /** Takes one control message; messages of other attempts have no effect. */
  receive(message: ToSlot): void {
    if (message.type === 'deploy') {
      if (message.attempt > this.#attempt) void this.#deploy(message);
      return;
    }
    if (message.attempt !== this.#attempt) return;
    this.#run?.receive(message);
  }

  close(): void {
    this.#run?.close();
    this.#run = undefined;
  }

  async #deploy(message: DeployMessage): Promise<void> {
    this.close();
    const { attempt, slot } = message;
    this.#attempt = attempt;
    const run = new SlotRun(this.#deps, message, (error) => this.#failed(message, error));
    this.#run = run;
    try {
      await run.open();
      if (this.#attempt === attempt && this.#run === run) this.#deps.post({ type: 'deployed', attempt, slot });
    } catch (error) {
      this.#failed(message, error);
    }
  }

  #failed(deployed: DeployMessage, error: unknown): void {
    const { attempt, slot, jobName } = deployed;
    if (this.#attempt !== attempt || this.#run === undefined) return;
    this.close();
    const message: FromSlot = {
      type: 'failed',
      attempt,
      slot,
      error: errorToData(withContext(error, { job: jobName, slot })),
    };
    this.#deps.post(message);
  }
}
