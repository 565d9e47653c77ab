/**
 * Names of stored values. Every name begins with the attempt that writes it, so that what an attempt left behind can be
 * told from what the next one is writing, and names are never used twice: an epoch is drawn once per attempt.
 */

/** Part of a stored value's name, for what one slot stores for one epoch. */
export interface SlotEpoch {
  readonly attempt: number;
  readonly epoch: number;
  readonly slot: number;
}

/** The `sequence`-th value of snapshot records. */
export function recordsName(of: SlotEpoch, sequence: number): string {
  return `${prefix(of)}-p${sequence}`;
}

/** The `index`-th value that a sink prepared. */
export function sinkName(
  of: SlotEpoch,
  sink: { readonly vertex: number; readonly sink: number },
  index: number,
): string {
  return `${prefix(of)}-v${sink.vertex}k${sink.sink}-${index}`;
}

/** The `sequence`-th value of merged table segments. */
export function mergedName(attempt: number, sequence: number): string {
  return `a${attempt}-c${sequence}`;
}

/** The attempt that wrote a value; 0, which no attempt has, for a name that is none of ours. */
export function attemptOfValue(name: string): number {
  const digits = /^a(\d+)-/.exec(name)?.[1];
  return digits === undefined ? 0 : Number(digits);
}

function prefix({ attempt, epoch, slot }: SlotEpoch): string {
  return `a${attempt}-e${epoch}-s${slot}`;
}
