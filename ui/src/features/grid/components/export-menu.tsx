import { useState, type ReactNode } from 'react';
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

interface Options {
  protect: boolean;
  mark: boolean;
  sure: boolean;
}
const OPTIONS = 'morket.export';

/** What was chosen the last time. */
function remembered(): Options {
  try {
    return {
      protect: true,
      mark: false,
      sure: false,
      ...(JSON.parse(localStorage.getItem(OPTIONS) ?? '{}') as Partial<Options>),
    };
  } catch {
    return { protect: true, mark: false, sure: false };
  }
}

/** Files of the table: what is shown, what is selected, or all of it. */
export function ExportMenu({ workspaceId, table, state, page, children }: ExportMenuProps): ReactNode {
  const [options, setOptions] = useState(remembered);
  const choose = (changed: Partial<Options>): void => {
    const next = { ...options, ...changed };
    setOptions(next);
    localStorage.setItem(OPTIONS, JSON.stringify(next));
  };
  const run = (format: 'csv' | 'jsonl', scope: 'view' | 'selection' | 'all'): void => {
    const ids = scope === 'selection' ? (page.grid?.checked.list() ?? []) : [];
    if (scope === 'selection' && ids.length === 0) {
      toast.info('Tick rows at their number first.');
      return;
    }
    const fields = scope === 'all' ? [] : state.layout.filter((l) => !l.hidden).map((l) => l.id);
    toast.info(`Preparing ${table.name}.${format}…`);
    exportRows(workspaceId, table, {
      format,
      query: scope === 'view' ? page.query : null,
      fields,
      ids,
      ...options,
    }).catch((e: unknown) => toast.error(messageOf(e)));
  };
  return (
    <MenuTrigger
      label="Export"
      align="end"
      items={[
        { label: 'This view as CSV', onSelect: () => run('csv', 'view') },
        { label: 'Selected rows as CSV', onSelect: () => run('csv', 'selection') },
        { label: 'Whole table as CSV', onSelect: () => run('csv', 'all') },
        null,
        { label: 'This view as JSON Lines', onSelect: () => run('jsonl', 'view') },
        { label: 'Whole table as JSON Lines', onSelect: () => run('jsonl', 'all') },
        null,
        {
          label: "CSV: ' before formulas",
          checked: options.protect,
          onSelect: () => choose({ protect: !options.protect }),
        },
        { label: 'How sure answers are', checked: options.sure, onSelect: () => choose({ sure: !options.sure }) },
        { label: 'CSV: mark for Excel (BOM)', checked: options.mark, onSelect: () => choose({ mark: !options.mark }) },
      ]}
      trigger={children}
    />
  );
}
