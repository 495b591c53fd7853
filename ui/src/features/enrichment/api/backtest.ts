import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Backtest, EnrichmentConfig, Job } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

/** What a waterfall of the column would come to over what is recorded; asks nobody and changes nothing. */
export const backtestQuery = (ws: string, table: string, column: string, config: EnrichmentConfig) =>
  queryOptions({
    queryKey: ['backtest', ws, table, column, config],
    queryFn: async () =>
      (
        await api.post<Backtest>(`${inWorkspace(ws)}/enrichment-backtests`, {
          table_id: table,
          column_id: column,
          config,
        })
      ).data,
    enabled: config.steps.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** Changes the column's waterfall and applies it to what is recorded, as one step of undo. */
export async function replayEnrichment(
  ws: string,
  table: string,
  column: string,
  config: EnrichmentConfig,
): Promise<Job> {
  return (await api.post<Job>(`${inWorkspace(ws)}/tables/${table}/columns/${column}/enrichment-replay`, { config }))
    .data;
}
