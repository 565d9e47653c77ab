// The speeds at which event time can be replayed: event-milliseconds per millisecond, null = as fast as it goes.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface PaceChoice {
  readonly label: string;
  /** Read out by screen readers, shown as a tooltip. */
  readonly title: string;
  readonly speed: number | null;
}

export const PACES: readonly PaceChoice[] = [
  { label: '1 h', title: 'one hour of event time a second', speed: HOUR_MS / 1000 },
  { label: '6 h', title: 'six hours of event time a second', speed: (6 * HOUR_MS) / 1000 },
  { label: '1 day', title: 'one day of event time a second', speed: DAY_MS / 1000 },
  { label: '7 days', title: 'one week of event time a second', speed: (7 * DAY_MS) / 1000 },
  { label: '30 days', title: 'thirty days of event time a second', speed: (30 * DAY_MS) / 1000 },
  { label: 'Unlimited', title: 'as fast as it goes', speed: null },
];

export const DEFAULT_SPEED = DAY_MS / 1000;

export function paceTitle(speed: number | null): string {
  return PACES.find((pace) => pace.speed === speed)?.title ?? `${speed} times as fast as it happened`;
}

/** The next faster (1) or slower (-1) pace; the same at the end of the list. */
export function stepPace(speed: number | null, step: 1 | -1): number | null {
  const index = PACES.findIndex((pace) => pace.speed === speed);
  const next = PACES[Math.min(PACES.length - 1, Math.max(0, index + step))];
  return next === undefined ? speed : next.speed;
}
