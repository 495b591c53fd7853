import { PartsCard } from './parts-card';
import { providerColumns } from './figures';
import { SeriesCard } from './series-card';
import type { TabProps } from './tab-props';
import type { Line } from './series-chart';
import { count } from '@/lib/format';

const lines: Line[] = [
  { name: 'Found', color: '--success', value: (p) => p.hits },
  { name: 'Not found', color: '--ink-3', value: (p) => p.empty },
  { name: 'Failed', color: '--danger', value: (p) => p.failed },
];

/** The league table of the providers. */
export function ProvidersTab({ ws, asked, filters, set, name }: TabProps) {
  return (
    <>
      <PartsCard
        ws={ws}
        what="enrichment/by-provider"
        asked={asked}
        title="Providers"
        text="How often each found an answer, how long it took, and what it cost."
        name={(k) => name('provider', k)}
        columns={providerColumns}
        onPick={filters.provider ? undefined : (provider) => set({ provider })}
      />
      {filters.provider && (
        <SeriesCard
          ws={ws}
          what="enrichment/over-time"
          asked={asked}
          title={`${name('provider', filters.provider)} over time`}
          lines={lines}
          format={count}
        />
      )}
    </>
  );
}
