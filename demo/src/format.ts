// Numbers, sizes, durations and times as the dashboard writes them. Event time is UTC, as the data are.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
/** Beyond the year 9999 it is not a time that was read, but "everything". */
const TIME_SHOWN_MAX_MS = 253_402_300_800_000;
const SCALES: readonly (readonly [number, string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** All digits, with separators: `193,463`. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** Three digits and a scale: `12.3 k`. */
export function formatCompact(value: number): string {
  const scale = SCALES.find(([size]) => Math.abs(value) >= size * 0.9995);
  if (scale === undefined) return threeDigits(value);
  return `${threeDigits(value / scale[0])} ${scale[1]}`;
}

/** `1.24 MB`; decimal units. */
export function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < 1000) return `${Math.round(bytes)} B`;
  const compact = formatCompact(bytes);
  return `${compact}B`;
}

export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** `2001-03-14 07:00`, UTC; seconds only where they are not zero. */
export function formatEventTime(ms: number): string {
  if (!(Math.abs(ms) < TIME_SHOWN_MAX_MS)) return '–';
  const iso = new Date(ms).toISOString();
  const seconds = iso.slice(17, 19) === '00' ? '' : iso.slice(16, 19);
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}${seconds}`;
}

/** A watermark promises that nothing up to and with its millisecond follows: the time after it reads better. */
export function formatWatermark(ms: number | null): string {
  if (ms === null) return '–';
  return ms < TIME_SHOWN_MAX_MS ? formatEventTime(ms + 1) : 'end of input';
}

/** Wall-clock time of day, in the reader's zone. */
export function formatClock(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `1 h`, `24 h`, `15 min`: the length of a window. */
export function formatSpan(ms: number): string {
  if (ms % 86_400_000 === 0 && ms > 86_400_000) return `${ms / 86_400_000} days`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
}

export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
}
