// The keys that lead, as bars: their order and lengths move as results come in.
import { computed } from '@preact/signals';
import { formatCount } from '../format.ts';
import { run } from '../run/run.ts';
import { airportName } from './airports.ts';
import { formatMeasure } from './live-chart.tsx';

const SHOWN = 10;

const leaders = computed(() => {
  void run.resultVersion.value;
  return run.results.value.ranking(SHOWN);
});

export function Ranking() {
  const { ranking } = run.results.value.view;
  const keys = leaders.value;
  const most = Math.max(1e-9, ...keys.map(({ amount }) => amount));
  return (
    <section class="card ranking" aria-labelledby="ranking-title">
      <div class="card-head">
        <h2 id="ranking-title">{ranking.title}</h2>
      </div>
      <ol class="bars">
        {Array.from({ length: SHOWN }, (_, index) => {
          const leader = keys[index];
          if (leader === undefined) return <li key={index} class="bar-row bar-empty" aria-hidden="true" />;
          const amount = formatCount(leader.amount);
          return (
            <li key={index} class={ranking.divisor === undefined ? 'bar-row' : 'bar-row bar-wide'}>
              <span class="bar-key" title={airportName(leader.key) ?? leader.key}>
                {leader.key}
              </span>
              <span class="bar-track">
                <span class="bar" style={{ transform: `scaleX(${Math.max(0, leader.amount) / most})` }} />
              </span>
              <span class="bar-value">
                {ranking.divisor === undefined ? formatMeasure(leader.value, ranking) : amount}
                {ranking.divisor !== undefined && <small>{formatMeasure(leader.value, ranking)}</small>}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
