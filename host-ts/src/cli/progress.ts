/** The progress bar on standard error: rewritten in place on a terminal, whole lines elsewhere. */
import type { JobStatus } from '../api/index.ts';

const BAR_CELLS = 24;
const LINE_EVERY_MS = 1000;

export interface ProgressOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Milliseconds of a steady clock. */
  now(): number;
}

export interface Progress {
  show(status: JobStatus): void;
  /** Removes the bar, so that other lines can be written. */
  clear(): void;
}

export function progressBar(output: ProgressOutput): Progress {
  const startMs = output.now();
  let lastMs = -Infinity;
  let shown = false;
  return {
    show(status) {
      const nowMs = output.now();
      if (!output.isTerminal && nowMs - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs;
      const line = progressLine(status, nowMs - startMs);
      output.write(output.isTerminal ? `\r\x1b[2K${line}` : `${line}\n`);
      shown = output.isTerminal;
    },
    clear() {
      if (shown) output.write('\r\x1b[2K');
      shown = false;
    },
  };
}

/** `late flights ━━━━━━━━━━──────  41 %  1,230,000 of 3,000,000 rows  12.3 M/s  epoch 3`; without colours. */
export function progressLine(status: JobStatus, elapsedMs: number): string {
  const { job, phase, rowsRead, rowsTotal, epoch } = status;
  const rate = elapsedMs > 0 ? `  ${rateText((rowsRead / elapsedMs) * 1000)}` : '';
  const checkpoint = epoch > 0 ? `  checkpoint ${epoch}` : '';
  const state = phase === 'running' ? '' : `  ${phase}`;
  if (rowsTotal === null || rowsTotal === 0) {
    return `${job}  ${count(rowsRead)} rows${rate}${checkpoint}${state}`;
  }
  const share = Math.min(1, rowsRead / rowsTotal);
  const full = Math.round(share * BAR_CELLS);
  const bar = '━'.repeat(full) + '─'.repeat(BAR_CELLS - full);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${job} ${bar} ${percent} %  ${count(rowsRead)} of ${count(rowsTotal)} rows${rate}${checkpoint}${state}`;
}

/** 1234567 → 1,234,567 */
export function count(rows: number): string {
  return String(rows).replace(/\B(?=(\d{3})+$)/g, ',');
}

function rateText(rowsPerSecond: number): string {
  if (rowsPerSecond >= 1e6) return `${(rowsPerSecond / 1e6).toFixed(1)} M/s`;
  if (rowsPerSecond >= 1e3) return `${(rowsPerSecond / 1e3).toFixed(1)} k/s`;
  return `${Math.round(rowsPerSecond)} /s`;
}
