/** The job's log: lines at or above a level go to the platform and are kept for the handle. */
import type { LogLine, Platform } from '../platform/index.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** Lines kept for `logs()`; older ones are forgotten. */
const LINES_KEPT = 500;

export class JobLog {
  readonly #platform: Platform;
  readonly #from: number;
  #lines: LogLine[] = [];

  constructor(platform: Platform, level: LogLine['level']) {
    this.#platform = platform;
    this.#from = LEVELS.indexOf(level);
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  write(line: LogLine): void {
    if (LEVELS.indexOf(line.level) < this.#from) return;
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines = this.#lines.slice(-LINES_KEPT);
    this.#platform.log(line);
  }
}
