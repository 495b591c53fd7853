import type { QueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { flushSync } from 'react-dom';
import type { Table } from '@/api/types';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { tableChanged } from '../api/table';
import type { GridPage } from '../use-grid-page';
import type { ViewState } from '../view-state';
import { CellMenu } from './cell-menu';
import { ChangeTypeDialog } from './change-type-dialog';
import { ChangeTypesDialog } from './change-types-dialog';
import { ColumnDialog } from './column-dialog';
import { HeaderMenu } from './columns-menu';
import { DeleteColumn } from './delete-column';
import { DeleteColumns } from './delete-columns';
import { DeleteRows } from './delete-rows';
import { DuplicateColumnDialog } from './duplicate-column-dialog';
import { ExpandedCell } from './expanded-cell';
import { HeldEdits } from './held-edits';
import { KeysDialog } from './keys-dialog';
import { PasteDialog } from './paste-dialog';
import { RowMenu } from './row-menu';
import { SummaryPopover } from './summary-popover';
import { AddColumnPopover } from './add-column-popover';
import { UndoConflicts } from './undo-conflicts';

const FormulaDialog = lazy(() => import('./formula-dialog').then((m) => ({ default: m.FormulaDialog })));
const LookupDialog = lazy(() => import('./lookup-dialog').then((m) => ({ default: m.LookupDialog })));
const RunDialog = lazy(() =>
  import('@/features/enrichment/components/run-dialog').then((m) => ({ default: m.RunDialog })),
);

const PasteTable = lazy(() =>
  import('@/features/imports/components/paste-table').then((m) => ({ default: m.PasteTable })),
);

export interface OverlaysProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
  client: QueryClient;
}

/** The menu or dialog that is open over the grid: one at a time. */
export function Overlays({ workspaceId: ws, table, state, page, client }: OverlaysProps) {
  const { overlay, setOverlay } = page;
  if (!overlay) return null;
  const close = (): void => setOverlay(null);
  const column = 'columnId' in overlay ? table.columns.find((c) => c.id === overlay.columnId) : undefined;
  switch (overlay.kind) {
    case 'column-menu':
      return column ? (
        <HeaderMenu
          workspaceId={ws}
          table={table}
          state={state}
          page={page}
          column={column}
          anchor={overlay.anchor}
          onClose={close}
        />
      ) : null;
    case 'delete-columns':
      return <DeleteColumns workspaceId={ws} table={table} page={page} columnIds={overlay.columnIds} onClose={close} />;
    case 'change-types':
      return (
        <ChangeTypesDialog workspaceId={ws} table={table} page={page} columnIds={overlay.columnIds} onClose={close} />
      );
    case 'cell-menu':
      return column ? (
        <CellMenu
          workspaceId={ws}
          table={table}
          state={state}
          page={page}
          column={column}
          rowId={overlay.rowId}
          anchor={overlay.anchor}
          onClose={close}
        />
      ) : null;
    case 'summary':
      return column ? (
        <SummaryPopover
          workspaceId={ws}
          table={table}
          state={state}
          page={page}
          column={column}
          anchor={overlay.anchor}
          onClose={close}
        />
      ) : null;
    case 'row-menu':
      return <RowMenu workspaceId={ws} page={page} rowId={overlay.rowId} anchor={overlay.anchor} onClose={close} />;
    case 'expand':
      return column && page.grid ? (
        <ExpandedCell grid={page.grid} column={column} rowId={overlay.rowId} anchor={overlay.anchor} onClose={close} />
      ) : null;
    case 'add-column':
      return (
        <AddColumnPopover
          workspaceId={ws}
          table={table}
          anchor={overlay.anchor}
          {...(overlay.after ? { after: overlay.after } : {})}
          onEnrichment={() => {
            close();
            page.setPanel({ kind: 'enrichment', columnId: null });
          }}
          onFormula={() => setOverlay({ kind: 'new-formula', ...(overlay.after ? { after: overlay.after } : {}) })}
          onLookup={() => setOverlay({ kind: 'new-lookup', ...(overlay.after ? { after: overlay.after } : {}) })}
          onAdded={(id) => page.grid?.reveal(id)}
          onClose={close}
        />
      );
    case 'edit-column':
      return column ? <ColumnDialog workspaceId={ws} table={table} column={column} onClose={close} /> : null;
    case 'change-type':
      return column ? (
        <ChangeTypeDialog
          workspaceId={ws}
          table={table}
          column={column}
          onClose={close}
          onDone={() => page.grid?.refreshSoon(true)}
        />
      ) : null;
    case 'duplicate-column':
      return column ? (
        <DuplicateColumnDialog
          workspaceId={ws}
          table={table}
          column={column}
          onClose={close}
          onDone={() => page.grid?.refreshSoon(true)}
        />
      ) : null;
    case 'delete-column':
      return column ? (
        <DeleteColumn workspaceId={ws} table={table} page={page} column={column} onClose={close} />
      ) : null;
    case 'formula':
    case 'new-formula':
    case 'lookup':
    case 'new-lookup': {
      const Editor = overlay.kind.endsWith('lookup') ? LookupDialog : FormulaDialog;
      return (
        <Suspense fallback={null}>
          <Editor
            workspaceId={ws}
            table={table}
            column={column ?? null}
            {...('after' in overlay && overlay.after ? { after: overlay.after } : {})}
            sampleRow={page.grid?.currentRow()?.id ?? page.grid?.cache.at(0)?.id ?? null}
            onClose={close}
            onSaved={(id) => {
              page.grid?.refreshSoon(true);
              page.grid?.reveal(id);
            }}
          />
        </Suspense>
      );
    }
    case 'run':
      return (
        <Suspense fallback={null}>
          <RunDialog
            workspaceId={ws}
            table={table}
            columnIds={overlay.columnIds}
            rowIds={overlay.rowIds ?? null}
            query={page.query}
            shown={page.grid?.rows.rowCount.get() ?? table.row_count}
            onClose={() => {
              // First the focus goes back into the grid, which scrolls to the cell that has it.
              flushSync(close);
              requestAnimationFrame(() => page.grid?.reveal(overlay.columnIds[0] ?? ''));
            }}
          />
        </Suspense>
      );
    case 'paste':
      return (
        <PasteDialog
          plan={overlay.plan}
          cells={overlay.cells}
          table={table}
          onAnswer={(yes) => {
            close();
            overlay.answer(yes);
          }}
        />
      );
    case 'paste-table':
      return (
        <Suspense fallback={null}>
          <PasteTable
            workspaceId={ws}
            table={table}
            text={overlay.text}
            onClose={close}
            onDone={(made) => {
              close();
              void tableChanged(client, ws, table.id);
              page.recount();
              if (made.state === 'failed') toast.error(made.error ?? 'The rows could not be pasted');
              else
                toast.success(`${plural(made.counts.imported, 'row')} pasted`, {
                  label: 'Undo',
                  run: () => void page.undo.undo([made.id]),
                });
            }}
          />
        </Suspense>
      );
    case 'delete-rows':
      return (
        <DeleteRows workspaceId={ws} table={table} page={page} all={overlay.all} ids={overlay.ids} onClose={close} />
      );
    case 'conflicts':
      return (
        <UndoConflicts
          table={table}
          page={page}
          name={overlay.name}
          answer={overlay.answer}
          force={overlay.force}
          onClose={close}
        />
      );
    case 'keys':
      return <KeysDialog onClose={close} />;
    case 'held':
      return page.grid ? <HeldEdits table={table} grid={page.grid} onClose={close} /> : null;
  }
}
