import type { Column, TableSummary } from '@/api/types';
import type { WorkflowNode } from '@/api/types-workflow';
import { plural } from '@/lib/format';
import { kinds } from './kinds';

/** What a node is set to, in a few words. */
export function saysOf(node: WorkflowNode, tables: TableSummary[], columns: Column[]): string {
  const c = node.config;
  const table = tables.find((t) => t.id === c.table_id)?.name;
  const column = (id: string | undefined): string | undefined => columns.find((col) => col.id === id)?.name;
  switch (node.kind) {
    case 'schedule':
      return c.cron ? `${c.cron} · ${c.time_zone ?? 'UTC'}` : kinds.schedule.text;
    case 'rows_changed':
      return table ? `${(c.on ?? []).join(' or ')} in ${table}` : kinds.rows_changed.text;
    case 'webhook':
      return table ? `${plural(Object.keys(c.fields ?? {}).length, 'column')} of ${table}` : kinds.webhook.text;
    case 'table_rows':
      return table ? `${table}${c.view_id ? ', a view' : ''}${c.filter ? ', filtered' : ''}` : kinds.table_rows.text;
    case 'enrichment':
      return column(c.column_id) ?? kinds.enrichment.text;
    case 'update_cells': {
      const set = Object.keys(c.set ?? {});
      return set.length ? set.map((id) => column(id) ?? '…').join(', ') : kinds.update_cells.text;
    }
    case 'wait':
      return waitText(c.seconds ?? 0);
    case 'approval':
      return `Within ${waitText(c.seconds ?? 0)}`;
    case 'send':
      return c.columns?.length ? plural(c.columns.length, 'column') : kinds.send.text;
    case 'http':
      return c.url ? `${c.method ?? ''} ${hostOf(c.url)}`.trim() : kinds.http.text;
    default:
      return kinds[node.kind].text;
  }
}

function hostOf(url: string): string {
  return /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? url;
}

function waitText(seconds: number): string {
  if (seconds % 86_400 === 0) return plural(seconds / 86_400, 'day');
  if (seconds % 3600 === 0) return plural(seconds / 3600, 'hour');
  if (seconds % 60 === 0) return plural(seconds / 60, 'minute');
  return plural(seconds, 'second');
}
