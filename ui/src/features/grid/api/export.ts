import { api } from '@/api/client';
import type { Table } from '@/api/types';
import { saveBlob } from '@/lib/download';
import type { ExportFormat } from '../export-choice';
import { queryParams, type RowQuery } from './rows';
import { tablePath } from './table';

export interface ExportOptions {
  format: ExportFormat;
  query: RowQuery | null;
  fields: string[];
  ids: string[];
  /** Put an apostrophe before what a spreadsheet program would run as a formula. */
  protect?: boolean;
  /** Begin a CSV file with the mark by which spreadsheet programs see that it is UTF-8. */
  mark?: boolean;
  /** Add how sure each answer of a provider is. */
  sure?: boolean;
}

/** Has the file made in the background: it waits among the jobs for a day. */
export async function startExport(ws: string, table: Table, o: ExportOptions): Promise<void> {
  await api.post(`${tablePath(ws, table.id)}/exports`, {
    format: o.format,
    ...(o.query ? queryParams(o.query) : {}),
    fields: o.fields.join(','),
    ids: o.ids.length > 0 ? o.ids : undefined,
    escape_formulas: o.protect ?? true,
    sureness: o.sure ?? false,
    bom: o.mark ?? false,
  });
}

export async function exportRows(ws: string, table: Table, o: ExportOptions): Promise<void> {
  const response = await api.stream(`${tablePath(ws, table.id)}/export`, {
    headers: { Accept: '*/*' },
    query: {
      format: o.format,
      ...(o.query ? queryParams(o.query) : {}),
      fields: o.fields.join(','),
      ids: o.ids.join(','),
      escape_formulas: o.format === 'csv' ? (o.protect ?? true) : undefined,
      sureness: o.sure ? true : undefined,
      bom: o.format === 'csv' && o.mark ? true : undefined,
    },
  });
  saveBlob(await response.blob(), `${table.name}.${o.format}`);
}
