import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useProviderName } from '@/api/providers';
import type { CellState, HistoryEntry, Table } from '@/api/types';
import { Popover } from '@/components/popover';
import { Skeleton } from '@/components/states';
import { Shown } from '@/components/shown';
import type { GridController } from '@/grid/controller';
import type { Anchor } from '@/grid/events';
import { partsOfError } from '@/lib/cell-error';
import { ago, creditsLabel, dateTime, milliseconds, sentence } from '@/lib/format';
import { cellHistory } from '../api/rows';
import { verifiedBy } from './verified-by';

const PAUSE_MS = 650;

export interface HoverProps {
  workspaceId: string;
  table: Table;
  grid: GridController;
  target: { rowId: string; columnId: string; anchor: Anchor };
}

/** Where an enriched value comes from: provider, cost, time; shown after the pointer rests on its cell. */
export function HoverCard({ workspaceId: ws, table, grid, target }: HoverProps) {
  const column = table.columns.find((c) => c.id === target.columnId);
  const row = grid.cache.get(target.rowId);
  const state = row?.states[target.columnId];
  const wanted = column?.kind === 'enrichment' || state !== undefined;
  const [rested, setRested] = useState(false);
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => setRested(true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const history = useQuery({
    queryKey: ['cell-history', ws, table.id, target.rowId, target.columnId, row?.positions[target.columnId] ?? 0],
    queryFn: async () => (await cellHistory(ws, table.id, target.rowId, target.columnId)).data ?? [],
    enabled: wanted && rested,
  });
  if (!wanted || !rested) return null;
  const latest = history.data?.[0];
  if (history.data && !latest && !state?.message) return null;
  return (
    <Popover
      anchor={target.anchor}
      label="Where the value comes from"
      onClose={() => setRested(false)}
      takeFocus={false}
      className="pointer-events-none w-80 p-3"
    >
      {history.isPending ? <Skeleton className="h-12" /> : <Facts entry={latest} state={state} />}
    </Popover>
  );
}

function Facts({ entry, state }: { entry: HistoryEntry | undefined; state: CellState | undefined }) {
  const nameOf = useProviderName();
  const facts: [string, string][] = [];
  const error = state?.message ? partsOfError(state.message) : null;
  if (state) facts.push(['State', sentence(state.state)]);
  const waits = state?.state === 'rate_limited';
  if (error?.provider && (waits || error.provider !== entry?.provider))
    facts.push([waits ? 'Waits for' : 'Failed at', nameOf(error.provider)]);
  if (waits && state.until) facts.push(['Goes on', dateTime(state.until)]);
  if (entry) {
    facts.push(
      entry.provider
        ? ['Provider', nameOf(entry.provider)]
        : ['Changed by', entry.actor.name ?? sentence(entry.actor.kind)],
    );
    facts.push(['When', `${ago(entry.at)} · ${dateTime(entry.at)}`]);
    if (entry.credits_mc !== undefined)
      facts.push(['Cost', entry.credits_mc === 0 ? 'Free' : creditsLabel(entry.credits_mc)]);
    if (entry.cached) facts.push(['Answered', 'From an earlier answer']);
    else if (entry.latency_ms !== undefined) facts.push(['Answered in', milliseconds(entry.latency_ms)]);
    if (entry.verified !== undefined) facts.push(['Verified', verifiedBy(entry, nameOf)]);
    if (entry.confidence !== undefined) facts.push(['Confidence', `${String(Math.round(entry.confidence * 100))} %`]);
    if (entry.source_url) facts.push(['Source', entry.source_url]);
    if (!entry.provider) facts.push(['Through', sentence(entry.source)]);
  }
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="min-w-0 truncate text-ink">
            <Shown text={value} />
          </dd>
        </div>
      ))}
      {error && (
        <p className={`col-span-2 mt-1 ${waits ? 'text-ink-2' : 'text-danger-ink'}`}>
          <Shown text={error.text} />
        </p>
      )}
    </dl>
  );
}
