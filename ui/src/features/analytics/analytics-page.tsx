import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useProviderName } from '@/api/providers';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Page } from '@/components/page';
import { cx } from '@/lib/cx';
import { sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { downloadAnalytics } from './api/analytics';
import { columnsQuery, membersQuery, tableNamesQuery } from './api/names';
import { Chips, Controls } from './components/controls';
import { CreditsTab } from './components/tab-credits';
import { EnrichmentTab } from './components/tab-enrichment';
import { ProvidersTab } from './components/tab-providers';
import { tabs, useAsked } from './use-asked';

export function AnalyticsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const homeZone = useSession((s) => s.workspaces.find((w) => w.id === ws)?.time_zone) ?? 'UTC';
  const { asked, filters, tab, set } = useAsked(homeZone);
  const name = useNames(ws, filters.table);
  const [busy, setBusy] = useState(false);
  const subject = tab === 'credits' ? 'credits' : 'enrichment';
  const download = () => {
    setBusy(true);
    downloadAnalytics(ws, subject, asked)
      .catch((e: unknown) => toast.error(messageOf(e)))
      .finally(() => setBusy(false));
  };
  const Content = { enrichment: EnrichmentTab, providers: ProvidersTab, credits: CreditsTab }[tab];
  return (
    <Page
      wide
      title="Analytics"
      text="What enrichments found, how providers did, and where the credits went."
      actions={
        can('data.export') && (
          <Button icon={<Download size={14} />} busy={busy} onClick={download}>
            CSV
          </Button>
        )
      }
    >
      <div className="flex flex-wrap items-end justify-between gap-3 border-b border-line pb-3">
        <div role="tablist" aria-label="Analytics of" className="flex gap-1">
          {tabs
            .filter((t) => t !== 'credits' || can('credits.read'))
            .map((t) => (
              <button
                key={t}
                type="button"
                role="tab"
                id={`tab-${t}`}
                aria-selected={t === tab}
                aria-controls="analytics-panel"
                className={cx(
                  'h-8 rounded-md px-3 text-base font-medium',
                  t === tab ? 'bg-primary-soft text-primary-ink' : 'text-ink-2 hover:bg-hover',
                )}
                onClick={() => set({ tab: t === 'enrichment' ? undefined : t, source: undefined })}
              >
                {sentence(t)}
              </button>
            ))}
        </div>
        <Controls asked={asked} homeZone={homeZone} set={set} />
      </div>
      <Chips filters={filters} set={set} name={name} />
      <div role="tabpanel" id="analytics-panel" aria-labelledby={`tab-${tab}`} className="flex flex-col gap-5">
        <Content ws={ws} asked={asked} filters={filters} set={set} name={name} />
      </div>
    </Page>
  );
}

/** Names for the ids in the answers; an id whose thing is gone stays an id. */
function useNames(ws: string, table: string | undefined) {
  const tables = useQuery(tableNamesQuery(ws));
  const columns = useQuery({ ...columnsQuery(ws, table ?? ''), enabled: table !== undefined });
  const members = useQuery(membersQuery(ws));
  const provider = useProviderName();
  const sources: Record<string, string> = { run: 'Runs', auto: 'Automatic runs', request: 'Records by API' };
  return (dim: string, key: string): string => {
    switch (dim) {
      case 'table':
        return key ? (tables.data?.get(key) ?? key) : 'Records by API';
      case 'column':
        return key ? (columns.data?.get(key) ?? key) : 'None';
      case 'member':
        return key ? (members.data?.get(key) ?? key) : 'Automatic';
      case 'provider':
        return key ? provider(key) : 'None';
      case 'source':
        return sources[key] ?? sentence(key);
      default:
        return key || 'None';
    }
  };
}
