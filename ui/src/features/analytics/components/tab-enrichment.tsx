import { ChartLine } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { Empty, Notice, Skeleton } from '@/components/states';
import { count, credits } from '@/lib/format';
import { useAnswer, type EnrichmentSummary } from '../api/analytics';
import { cellColumns, change, fieldColumns, percent, Tiles } from './figures';
import { FunnelCard } from './funnel-card';
import { PartsCard } from './parts-card';
import { SeriesCard } from './series-card';
import type { Line } from './series-chart';
import type { TabProps } from './tab-props';

const lines: Line[] = [
  { name: 'Found', color: '--success', value: (p) => p.hits },
  { name: 'Empty', color: '--ink-3', value: (p) => p.empty },
  { name: 'Failed', color: '--danger', value: (p) => p.failed },
];

export function EnrichmentTab({ ws, asked, filters, set, name }: TabProps) {
  const summary = useAnswer<EnrichmentSummary>(ws, 'enrichment/summary', asked);
  if (summary.isError) return <Notice tone="danger">{messageOf(summary.error)}</Notice>;
  if (summary.isPending) return <Skeleton className="h-72" />;
  const { total, previous } = summary.data;
  if (total.count === 0 && previous.count === 0)
    return (
      <Empty
        icon={<ChartLine size={20} />}
        title="Nothing was enriched in this range"
        text="Run an enrichment column, or choose a longer range."
      />
    );
  return (
    <>
      <Tiles
        tiles={[
          ['Cells', count(total.count), change(total.count, previous.count)],
          ['Found', percent(total.hit_rate), `${count(total.hits)} cells`],
          ['Failed', count(total.failed), change(total.failed, previous.failed)],
          ['Credits', credits(total.credits_mc), `${credits(total.credits_per_hit_mc)} for each that was found`],
        ]}
      />
      <SeriesCard
        ws={ws}
        what="enrichment/over-time"
        asked={asked}
        title="Cells over time"
        lines={lines}
        format={count}
      />
      {filters.column && <FunnelCard ws={ws} asked={asked} title={name('column', filters.column)} />}
      {!filters.table && (
        <PartsCard
          ws={ws}
          what="enrichment/by-table"
          asked={asked}
          title="By table"
          name={(k) => name('table', k)}
          columns={cellColumns}
          onPick={(table) => set({ table })}
        />
      )}
      {filters.table && !filters.column && (
        <PartsCard
          ws={ws}
          what="enrichment/by-column"
          asked={asked}
          title="By column"
          text="Choose one to see its waterfall."
          name={(k) => name('column', k)}
          columns={cellColumns}
          onPick={(column) => set({ column })}
        />
      )}
      {filters.table && !filters.column && (
        <PartsCard
          ws={ws}
          what="enrichment/by-field"
          asked={asked}
          title="By field"
          text="Values written, by output column."
          name={(k) => name('column', k)}
          columns={fieldColumns}
        />
      )}
      <PartsCard
        ws={ws}
        what="enrichment/by-source"
        asked={asked}
        title="By source"
        name={(k) => name('source', k)}
        columns={cellColumns}
        onPick={(source) => set({ source })}
      />
      <PartsCard
        ws={ws}
        what="enrichment/by-member"
        asked={asked}
        title="By member"
        name={(k) => name('member', k)}
        columns={cellColumns}
        onPick={(member) => set({ member })}
      />
    </>
  );
}
