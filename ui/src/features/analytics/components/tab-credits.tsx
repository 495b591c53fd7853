import { CalendarClock } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { Notice, Skeleton } from '@/components/states';
import { credits } from '@/lib/format';
import { useAnswer, type CreditSummary } from '../api/analytics';
import { change, creditColumns, Tiles } from './figures';
import { PartsCard } from './parts-card';
import { SeriesCard } from './series-card';
import type { Line } from './series-chart';
import type { TabProps } from './tab-props';

const lines: Line[] = [{ name: 'Spent', color: '--primary', value: (p) => p.credits_mc }];

export function CreditsTab({ ws, asked, filters, set, name }: TabProps) {
  const summary = useAnswer<CreditSummary>(ws, 'credits/summary', asked);
  if (summary.isError) return <Notice tone="danger">{messageOf(summary.error)}</Notice>;
  if (summary.isPending) return <Skeleton className="h-72" />;
  const s = summary.data;
  return (
    <>
      <Tiles
        tiles={[
          ['Spent', credits(s.spent_mc), change(s.spent_mc, s.previous_spent_mc)],
          ['Received', credits(s.received_mc), 'grants, purchases, refunds'],
          ['Balance', credits(s.forecast.balance_mc), 'of the whole workspace'],
          ['Per day', credits(s.forecast.per_day_mc), 'expected from the last four weeks'],
        ]}
      />
      <ForecastNotice forecast={s.forecast} />
      <SeriesCard
        ws={ws}
        what="credits/over-time"
        asked={asked}
        title="Credits spent over time"
        lines={lines}
        format={credits}
        least={4000}
      />
      <PartsCard
        ws={ws}
        what="credits/by-source"
        asked={asked}
        title="By kind of entry"
        name={(k) => name('source', k)}
        columns={creditColumns.slice(0, 1)}
      />
      <PartsCard
        ws={ws}
        what="credits/by-provider"
        asked={asked}
        title="Spent by provider"
        name={(k) => name('provider', k)}
        columns={creditColumns}
        onPick={(provider) => set({ provider })}
      />
      <PartsCard
        ws={ws}
        what={filters.table ? 'credits/by-column' : 'credits/by-table'}
        asked={asked}
        title={filters.table ? 'Spent by column' : 'Spent by table'}
        name={(k) => name(filters.table ? 'column' : 'table', k)}
        columns={creditColumns}
        onPick={(k) => set(filters.table ? { column: k } : { table: k })}
      />
      <PartsCard
        ws={ws}
        what="credits/by-member"
        asked={asked}
        title="Spent by member"
        name={(k) => name('member', k)}
        columns={creditColumns}
        onPick={(member) => set({ member })}
      />
    </>
  );
}

const SOON_DAYS = 14;
const day = (iso: string) => new Date(iso).toLocaleDateString('en', { dateStyle: 'medium' });

function ForecastNotice({ forecast }: { forecast: CreditSummary['forecast'] }) {
  if (!forecast.exhausted_at)
    return (
      <Notice icon={<CalendarClock size={15} />}>
        {forecast.per_day_mc > 0
          ? 'The credits last for more than ten years at this rate.'
          : 'Nothing was spent in the last four weeks.'}
      </Notice>
    );
  const soon = forecast.balance_mc < SOON_DAYS * forecast.per_day_mc;
  return (
    <Notice tone={soon ? 'warning' : 'neutral'} icon={<CalendarClock size={15} />}>
      If spending goes on like this, the credits are used up on {day(forecast.exhausted_at)}
      {forecast.exhausted_earliest && `, on ${day(forecast.exhausted_earliest)} at the rate of the dearest week`}
      {forecast.exhausted_latest && `, on ${day(forecast.exhausted_latest)} at that of the cheapest`}.
    </Notice>
  );
}
