// How a subtask's time divides: busy, backpressured (hatched, so that it is told apart without colour), idle.
import { formatPercent } from '../format.ts';

export interface TimeBarProps {
  readonly busy: number;
  readonly backpressured: number;
  readonly label: string;
}

export function TimeBar({ busy, backpressured, label }: TimeBarProps) {
  const words = `${label}: ${formatPercent(busy)} busy, ${formatPercent(backpressured)} backpressured`;
  return (
    <span class="time-bar" role="img" aria-label={words} title={words}>
      <span class="time-busy" style={{ transform: `scaleX(${busy})` }} />
      <span class="time-pressed" style={{ left: `${busy * 100}%`, width: `${backpressured * 100}%` }} />
    </span>
  );
}
