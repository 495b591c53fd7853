import type { Table } from '@/api/types';
import type { GridPage } from '../use-grid-page';
import { CommentSide } from './comment-side';
import { EnrichmentSide } from './enrichment-side';
import { HistoryPanel } from './history-panel';
import { RowPanel } from './row-panel';
import { UndoPanel } from './undo-panel';

/** The drawer at the right: one row, a history, comments, an enrichment, or the undo steps. */
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
    case 'comments':
      return (
        <CommentSide
          key={`${panel.rowId}/${panel.columnId ?? ''}`}
          workspaceId={workspaceId}
          table={table}
          page={page}
          rowId={panel.rowId}
          columnId={panel.columnId}
          onClose={close}
        />
      );
    case 'enrichment':
      return (
        <EnrichmentSide
          key={panel.columnId ?? 'new'}
          workspaceId={workspaceId}
          table={table}
          page={page}
          columnId={panel.columnId}
          onClose={close}
        />
      );
    case 'undo':
      return <UndoPanel workspaceId={workspaceId} table={table} page={page} onClose={close} />;
  }
}
