import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Table } from '@/api/types';
import { IconButton } from '@/components/button';
import type { GridPage } from '../use-grid-page';
import { HistoryPanel } from './history-panel';
import { RowPanel } from './row-panel';
import { UndoPanel } from './undo-panel';

/** The drawer at the right: one row, a history, or the undo steps. */
export function SidePanel({ workspaceId, table, page }: { workspaceId: string; table: Table; page: GridPage }) {
  const { panel, setPanel } = page;
  if (!panel) return null;
  const close = (): void => {
    setPanel(null);
    page.grid?.focus();
  };
  switch (panel.kind) {
    case 'row':
      return (
        <RowPanel
          key={panel.rowId}
          workspaceId={workspaceId}
          table={table}
          page={page}
          rowId={panel.rowId}
          onClose={close}
        />
      );
    case 'history':
      return (
        <HistoryPanel
          workspaceId={workspaceId}
          table={table}
          page={page}
          rowId={panel.rowId}
          columnId={panel.columnId}
          onClose={close}
        />
      );
    case 'undo':
      return <UndoPanel workspaceId={workspaceId} table={table} page={page} onClose={close} />;
  }
}

export function Drawer({
  title,
  actions,
  onClose,
  children,
}: {
  title: string;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside
      aria-label={title}
      onKeyDown={(e) => {
        if (e.key === 'Escape') onClose();
      }}
      className="fixed inset-0 z-30 flex flex-col border-l border-line bg-surface [animation:slide-in_140ms_ease-out] sm:static sm:w-[360px] sm:shrink-0"
    >
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-3">
        <h2 className="min-w-0 flex-1 truncate text-md font-semibold">{title}</h2>
        {actions}
        <IconButton label="Close" size="sm" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </aside>
  );
}
