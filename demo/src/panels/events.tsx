// What happened to the run: recoveries, resumptions, rescalings, comparisons; newest first, read out as it comes.
import { formatClock } from '../format.ts';
import { CheckIcon, CrossIcon, DotIcon, WarnIcon } from '../icons.tsx';
import { events } from '../run/run-events.ts';
import { OutputCheck } from './output-check.tsx';

const ICONS = { plain: DotIcon, good: CheckIcon, warn: WarnIcon, bad: CrossIcon } as const;

export function Events() {
  return (
    <section class="card events" aria-labelledby="events-title">
      <div class="card-head">
        <h2 id="events-title">What happened</h2>
      </div>
      <OutputCheck />
      <ol class="event-list" aria-live="polite" aria-relevant="additions" data-testid="events">
        {events.value.length === 0 && <li class="empty">Nothing yet. Kill a worker, or reload the page, and see.</li>}
        {events.value.map(({ id, tone, title, detail, atMs }) => {
          const Icon = ICONS[tone];
          return (
            <li key={id} class={`event event-${tone}`}>
              <Icon />
              <div>
                <p class="event-title">
                  {title} <time class="event-clock">{formatClock(atMs)}</time>
                </p>
                {detail !== '' && <p class="event-detail">{detail}</p>}
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
