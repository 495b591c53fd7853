import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { MenuTrigger, type MenuButtonProps } from '@/components/menu';
import { toast } from '@/lib/toasts';
import { exportRows } from '../api/export';
import type { GridPage } from '../use-grid-page';
import type { ViewState } from '../view-state';

export interface ExportMenuProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
  children: MenuButtonProps['trigger'];
}

/** Files of the table: what is shown, what is ticked, or all of it. */
export function ExportMenu({ workspaceId, table, state, page, children }: ExportMenuProps): ReactNode {
  const run = (format: 'csv' | 'jsonl', scope: 'view' | 'selection' | 'all'): void => {
    const ids = scope === 'selection' ? (page.grid?.checked.list() ?? []) : [];
    if (scope === 'selection' && ids.length === 0) {
      toast.info('Tick rows at their number first.');
      return;
    }
    const fields = scope === 'all' ? [] : state.layout.filter((l) => !l.hidden).map((l) => l.id);
    toast.info(`Preparing ${table.name}.${format}…`);
    exportRows(workspaceId, table, { format, query: scope === 'view' ? page.query : null, fields, ids }).catch(
      (e: unknown) => toast.error(messageOf(e)),
    );
  };
  return (
    <MenuTrigger
      label="Export"
      align="end"
      items={[
        { label: 'This view as CSV', onSelect: () => run('csv', 'view') },
        { label: 'Ticked rows as CSV', onSelect: () => run('csv', 'selection') },
        { label: 'Whole table as CSV', onSelect: () => run('csv', 'all') },
        null,
        { label: 'This view as JSON Lines', onSelect: () => run('jsonl', 'view') },
        { label: 'Whole table as JSON Lines', onSelect: () => run('jsonl', 'all') },
      ]}
      trigger={children}
    />
  );
}
