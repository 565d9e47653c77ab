/**
 * Control messages in order over calls that may fail: one call at a time, which takes along what has gathered in the
 * meantime. Calls are numbered, so that the other side notices one that is missing and ignores one that comes twice.
 */
import { CONTROL_BATCH_MAX, CONTROL_QUEUE_MAX } from './limits.ts';
import { controlGap, controlQueueFull } from './errors.ts';

export interface OutboxInit<Message> {
  readonly send: (sequence: number, messages: readonly Message[]) => Promise<void>;
  /** Called once; nothing is sent afterwards. */
  readonly failed: (error: unknown) => void;
}

export class Outbox<Message> {
  readonly #init: OutboxInit<Message>;
  #queue: Message[] = [];
  #sequence = 0;
  #sending = false;
  #closed = false;

  constructor(init: OutboxInit<Message>) {
    this.#init = init;
  }

  post(message: Message): void {
    if (this.#closed) return;
    this.#queue.push(message);
    if (this.#queue.length > CONTROL_QUEUE_MAX) this.#fail(controlQueueFull(this.#queue.length));
    else if (!this.#sending) void this.#send();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  async #send(): Promise<void> {
    this.#sending = true;
    await Promise.resolve(); // what is posted in the same turn goes along
    try {
      while (this.#queue.length > 0) {
        await this.#init.send(this.#sequence, this.#queue.splice(0, CONTROL_BATCH_MAX));
        this.#sequence += 1;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#sending = false;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#init.failed(error);
  }
}

/** The other end: says whether a call is new. Throws CONTROL_GAP when one is missing before it. */
export class Inbox {
  #next = 0;

  isNew(sequence: number): boolean {
    if (sequence > this.#next) throw controlGap(sequence, this.#next);
    if (sequence < this.#next) return false;
    this.#next += 1;
    return true;
  }
}
