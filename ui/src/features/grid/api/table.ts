import type { QueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import type {
  ChangeTypeAnswer,
  Column,
  ColumnFormat,
  ColumnType,
  Lookup,
  OptionDraft,
  View,
  ViewBody,
} from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

export const tablePath = (ws: string, table: string): string => `${inWorkspace(ws)}/tables/${table}`;

/** Reads the table again, as of the position at least. */
export function tableChanged(client: QueryClient, ws: string, id: string, position = 0): Promise<void> {
  api.remember(ws, position);
  return client.invalidateQueries({ queryKey: ['table', ws, id] });
}

export interface ColumnSpec {
  name: string;
  type: ColumnType;
  options?: OptionDraft[];
  format?: ColumnFormat;
  form?: Column['form'];
  description?: string;
  kind?: Column['kind'];
  formula?: { expression: string };
  lookup?: Lookup;
  after?: string;
}
export async function addColumn(ws: string, table: string, spec: ColumnSpec, gesture?: string): Promise<Column> {
  return (await api.post<Column>(`${tablePath(ws, table)}/columns`, spec, gesture ? { gesture } : {})).data;
}
export async function updateColumn(
  ws: string,
  table: string,
  id: string,
  change: Partial<Omit<ColumnSpec, 'kind' | 'after'>>, // the type of a formula or lookup column only
): Promise<void> {
  await api.put(`${tablePath(ws, table)}/columns/${id}`, change);
}
export async function deleteColumn(ws: string, table: string, id: string, gesture?: string): Promise<void> {
  await api.delete(`${tablePath(ws, table)}/columns/${id}`, gesture ? { gesture } : {});
}
export async function restoreColumn(ws: string, table: string, id: string): Promise<void> {
  await api.post(`${tablePath(ws, table)}/columns/${id}/restore`);
}
export async function duplicateColumn(
  ws: string,
  table: string,
  id: string,
  name: string,
  withValues: boolean,
): Promise<void> {
  await api.post(`${tablePath(ws, table)}/columns/${id}/duplicate`, { name, with_values: withValues });
}
export async function changeType(
  ws: string,
  table: string,
  id: string,
  type: ColumnType,
  o: { dryRun?: boolean; lossy?: boolean; form?: Column['form'] | undefined; currency?: string | undefined },
): Promise<ChangeTypeAnswer> {
  return (
    await api.post<ChangeTypeAnswer>(`${tablePath(ws, table)}/columns/${id}/change-type`, {
      type,
      dry_run: o.dryRun ?? false,
      lossy: o.lossy ?? false,
      ...(o.form ? { form: o.form } : {}),
      ...(o.currency ? { format: { currency: o.currency } } : {}),
    })
  ).data;
}

/** Only what the server takes of a view, without empty parts. */
function viewSpec(view: ViewBody): ViewBody {
  return {
    name: view.name,
    shared: view.shared ?? false,
    sort: view.sort ?? [],
    columns: view.columns ?? [],
    ...(view.default ? { default: true } : {}),
    ...(view.filter ? { filter: view.filter } : {}),
    ...(view.groups?.length ? { groups: view.groups } : {}),
    ...(view.aggregates?.length ? { aggregates: view.aggregates } : {}),
    ...(view.colours?.length ? { colours: view.colours } : {}),
    ...(view.row_height ? { row_height: view.row_height } : {}),
  };
}
export async function createView(ws: string, table: string, view: ViewBody): Promise<View> {
  return (await api.post<View>(`${tablePath(ws, table)}/views`, viewSpec(view))).data;
}
/** Replaces the view; what the body leaves out is reset. */
export async function updateView(ws: string, table: string, id: string, view: ViewBody): Promise<void> {
  await api.put(`${tablePath(ws, table)}/views/${id}`, viewSpec(view));
}
export async function deleteView(ws: string, table: string, id: string): Promise<void> {
  await api.delete(`${tablePath(ws, table)}/views/${id}`);
}
