import { api } from '@/api/client';
import type {
  Column,
  ColumnType,
  EnrichmentConfig,
  Estimate,
  Fault,
  Job,
  NewOutput,
  PreviewAnswer,
  RunRequest,
} from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

export async function createEnrichment(
  ws: string,
  table: string,
  name: string,
  type: ColumnType,
  config: EnrichmentConfig,
  outputs: NewOutput[] = [],
): Promise<Column> {
  const body = { name, type, config, new_outputs: outputs };
  return (await api.post<Column>(`${inWorkspace(ws)}/tables/${table}/enrichment-columns`, body)).data;
}
export async function updateEnrichment(
  ws: string,
  table: string,
  column: string,
  config: EnrichmentConfig,
  outputs: NewOutput[] = [],
): Promise<Column> {
  const body = { config, new_outputs: outputs };
  return (await api.put<Column>(`${inWorkspace(ws)}/tables/${table}/columns/${column}/enrichment`, body)).data;
}
/** What is wrong with a configuration that is being written, by field. */
export async function checkEnrichment(
  ws: string,
  table: string,
  column: string | null,
  config: EnrichmentConfig,
): Promise<Fault[]> {
  const body = { config, ...(column ? { column_id: column } : {}) };
  return (
    (await api.post<{ faults: Fault[] | null }>(`${inWorkspace(ws)}/tables/${table}/enrichment:check`, body)).data
      .faults ?? []
  );
}
export async function previewEnrichment(
  ws: string,
  table: string,
  config: EnrichmentConfig,
  rowId: string,
  callPaid: boolean,
): Promise<PreviewAnswer> {
  return (
    await api.post<PreviewAnswer>(`${inWorkspace(ws)}/tables/${table}/enrichment-preview`, {
      config,
      row_id: rowId,
      call_paid: callPaid,
    })
  ).data;
}
export async function estimateRun(ws: string, request: RunRequest): Promise<Estimate> {
  const { data } = await api.post<{ estimate: Estimate }>(`${inWorkspace(ws)}/enrichment-jobs`, request, {
    query: { dry_run: true },
  });
  return data.estimate;
}
export async function startRun(ws: string, request: RunRequest): Promise<Job> {
  return (await api.post<Job>(`${inWorkspace(ws)}/enrichment-jobs`, request)).data;
}
