// The results over event time, as a line that grows. Windows are joined into days where there are more points than
// the eye can part. Drawn at most once a frame, and only when something changed.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatCompact, formatCount, formatEventTime, formatPercent, formatSpan } from '../format.ts';
import { run } from '../run/run.ts';
import { cssColor, theme } from '../theme.ts';
import type { Measure } from './result-view.ts';

const DAY_MS = 86_400_000;
const POINTS_MAX = 1_500;
const HEIGHT_PX = 248;

const RANGES = [
  { label: '7 days', days: 7 },
  { label: '30 days', days: 30 },
  { label: 'All', days: Infinity },
] as const;
const rangeDays = signal<number>(7);

interface Point {
  readonly timeMs: number;
  readonly value: number;
}
const hovered = signal<Point | undefined>(undefined);

interface Series {
  readonly data: [number[], (number | null)[]];
  readonly binMs: number;
}

const series = computed<Series>(() => {
  void run.resultVersion.value;
  const store = run.results.value;
  const { slideMs } = store.view;
  const end = store.newestEnd;
  if (end === undefined) return { data: [[], []], binMs: slideMs };
  const from = rangeDays.value === Infinity ? -Infinity : end - rangeDays.value * DAY_MS;
  const data = store.series(from, slideMs);
  if (data[0].length <= POINTS_MAX) return { data, binMs: slideMs };
  return { data: store.series(from, DAY_MS), binMs: DAY_MS };
});

const newest = computed<Point | undefined>(() => {
  const { data } = series.value;
  const at = data[1].findLastIndex((value) => value !== null);
  return at < 0 ? undefined : { timeMs: data[0][at]! * 1000, value: data[1][at]! };
});

export function LiveChart() {
  const { chart } = run.results.value.view;
  const { binMs } = series.value;
  const shown = hovered.value ?? newest.value;
  const per =
    chart.unit === 'percent' && binMs !== DAY_MS
      ? ''
      : ` per ${binMs === DAY_MS ? 'day' : formatSpan(binMs).replace(/^1 /, '')}`;
  return (
    <section class="card chart" aria-labelledby="chart-title">
      <div class="card-head">
        <h2 id="chart-title">
          {chart.title}
          {per.replace(' h', ' hour')}
        </h2>
        <div class="segmented small" role="radiogroup" aria-label="Range of event time">
          {RANGES.map(({ label, days }) => (
            <label key={label} class="segment">
              <input
                type="radio"
                name="range"
                checked={rangeDays.value === days}
                onChange={() => (rangeDays.value = days)}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </div>
      <p class="readout">
        <b>{shown === undefined ? '–' : formatMeasure(shown.value, chart)}</b>
        <span>
          {shown === undefined ? 'waiting for the first window to end' : `${formatEventTime(shown.timeMs)} UTC`}
        </span>
      </p>
      <Plot />
    </section>
  );
}

export function formatMeasure(value: number, { unit }: Measure): string {
  if (unit === 'percent') return formatPercent(value);
  return unit === 'count' ? formatCount(value) : Number.isInteger(value) ? formatCount(value) : value.toFixed(2);
}

function Plot() {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { chart } = run.results.value.view;
  const colors = theme.value;
  useEffect(() => {
    const element = frame.current!;
    const made = new uPlot(options(element.clientWidth, chart), series.peek().data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
      hovered.value = undefined;
    };
  }, [chart, colors]);
  const { data } = series.value;
  useEffect(() => {
    const drawing = requestAnimationFrame(() => plot.current?.setData(data));
    return () => cancelAnimationFrame(drawing);
  }, [data]);
  const last = newest.value;
  const words =
    last === undefined
      ? `${chart.title}: nothing yet`
      : `${chart.title} over event time; newest point ${formatMeasure(last.value, chart)} at ${formatEventTime(last.timeMs)} UTC`;
  return <div ref={frame} class="plot" role="img" aria-label={words} />;
}

function options(width: number, chart: Measure): uPlot.Options {
  const ink = cssColor('--ink-3');
  const grid = { stroke: cssColor('--line'), width: 1 };
  const line = cssColor('--series');
  const font = `11px ${cssColor('--font')}`;
  const axis: uPlot.Axis = { stroke: ink, grid, ticks: { show: false }, font };
  return {
    width,
    height: HEIGHT_PX,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7, fill: line }, drag: { x: false, y: false } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high === null || high === 0 ? 1 : high * 1.08] } },
    axes: [
      { ...axis, space: 72, size: 30, values: timeTicks },
      {
        ...axis,
        size: 46,
        space: 44,
        values: (_, ticks) =>
          ticks.map((tick) => (chart.unit === 'percent' ? formatPercent(tick) : formatCompact(tick))),
      },
    ],
    series: [
      {},
      { stroke: line, width: 1.6, fill: cssColor('--series-fill'), points: { show: false }, spanGaps: false },
    ],
    hooks: {
      setCursor: [
        ({ cursor, data }) => {
          const at = cursor.idx;
          const value = at === null || at === undefined ? null : data[1]?.[at];
          hovered.value = value === null || value === undefined ? undefined : { timeMs: data[0][at!]! * 1000, value };
        },
      ],
    },
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Days by name, hours where ticks are closer than a day; always UTC. */
function timeTicks(_: uPlot, ticks: number[], __: number, ___: number, step: number): string[] {
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    if (step >= 86_400 || date.getUTCHours() + date.getUTCMinutes() === 0) return day;
    return date.toISOString().slice(11, 16);
  });
}
