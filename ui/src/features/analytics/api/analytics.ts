import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { inWorkspace } from '@/api/use-workspace';
import { saveBlob } from '@/lib/download';

type Schemas = components['schemas'];
export type Figures = Schemas['AnalyticsFigures'];
export type Part = Schemas['AnalyticsPart'];
export type Point = Schemas['AnalyticsPoint'];
export type Breakdown = Schemas['AnalyticsBreakdown'];
export type Series = Schemas['AnalyticsSeries'];
export type Funnel = Schemas['AnalyticsFunnel'];
export type EnrichmentSummary = Schemas['AnalyticsEnrichmentSummary'];
export type CreditSummary = Schemas['AnalyticsCreditSummary'];

export type Subject = 'enrichment' | 'credits';
export type Filters = Partial<Record<'table' | 'column' | 'provider' | 'member' | 'source', string>>;

/** What every question has in common. */
export interface Asked extends Filters {
  range?: string;
  from?: string;
  to?: string;
  time_zone: string;
  granularity?: string;
}

/** One of the answers, such as "enrichment/by-provider". It is asked again every minute, which is how long the server keeps it. */
const answerQuery = <T>(ws: string, what: string, asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', ws, what, asked],
    queryFn: async () => (await api.get<T>(`${inWorkspace(ws)}/analytics/${what}`, { query: { ...asked } })).data,
    staleTime: 0, // whoever comes back from a run wants to see it
    refetchInterval: 60_000,
  });

export function useAnswer<T>(ws: string, what: string, asked: Asked) {
  return useQuery(answerQuery<T>(ws, what, asked));
}

export async function downloadAnalytics(ws: string, subject: Subject, asked: Asked): Promise<void> {
  const response = await api.stream(`${inWorkspace(ws)}/analytics/${subject}/export.csv`, {
    query: { ...asked },
    headers: { Accept: 'text/csv' },
  });
  saveBlob(await response.blob(), `${subject}-analytics.csv`);
}
