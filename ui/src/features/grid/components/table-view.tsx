import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { ClipboardPaste, WifiOff } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { Table } from '@/api/types';
import { Button } from '@/components/button';
import { Empty, Notice } from '@/components/states';
import { DataGrid } from '@/grid/data-grid';
import type { GridController } from '@/grid/controller';
import { keyAction } from '@/grid/keyboard';
import { Observable } from '@/lib/emitter';
import { plural } from '@/lib/format';
import { spelled } from '@/lib/signs';
import { useGridPage, type FindCommand } from '../use-grid-page';
import { LAST } from '../use-past';
import { useReveal } from '../use-reveal';
import type { ViewState } from '../view-state';
import { useViews } from '../view-state';
import { BulkBar } from './bulk-bar';
import { FindBar } from './find-bar';
import { HoverCard } from './hover-card';
import { useHelpKey } from './keys-dialog';
import { Overlays } from './overlays';
import { SidePanel } from './side-panel';
import { StatusBar } from './status-bar';
import { TableHeader } from './table-header';
import { Toolbar } from './toolbar';

const never = new Observable<unknown>(null);
const none = new Observable(-1);

export interface TableViewProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  /** Shows the table as of a moment instead. */
  onTravel: (asOf: string) => void;
}

export function TableView({ workspaceId: ws, table, state, onTravel }: TableViewProps) {
  const search = useRef<HTMLInputElement>(null);
  const [finding, setFinding] = useState<{ replace: boolean; n: number } | null>(null);
  const onFind = useCallback((name: FindCommand) => {
    if (name === 'quick-search') search.current?.focus();
    else setFinding((now) => ({ replace: name === 'replace', n: (now?.n ?? 0) + 1 }));
  }, []);
  const page = useGridPage(ws, table, state, onFind);
  const can = useCan(ws);
  const change = useViews((s) => s.change);
  const client = useQueryClient();
  const { grid } = page;
  useReveal(ws, table, grid, state, page);
  const { setOverlay } = page;
  useHelpKey(useCallback(() => setOverlay({ kind: 'keys' }), [setOverlay]));
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface" onKeyDown={(e) => findKey(e, onFind)}>
      <h1 className="sr-only">{spelled(table.name)}</h1>
      <TableHeader workspaceId={ws} table={table} state={state} page={page} />
      <Toolbar
        workspaceId={ws}
        table={table}
        state={state}
        page={page}
        searchRef={search}
        onTravel={() => onTravel(LAST)}
      />
      <Offline grid={grid} />
      <div className="flex min-h-0 flex-1">
        <div className="relative min-w-0 flex-1">
          <DataGrid
            id={table.id}
            label={`Rows of ${table.name}`}
            shape={page.shape}
            rows={table.row_count}
            source={page.source}
            events={page.events}
            onReady={page.setGrid}
          />
          <GridStates
            grid={grid}
            filtered={page.query.filter !== null || page.query.q !== ''}
            canEdit={can('rows.edit')}
            onInsert={() => void page.insertRow()}
            onPaste={() => grid?.run('paste')}
            onClear={() => change(table.id, { filter: null, q: '' })}
            onRetry={() => grid?.refreshSoon(true)}
          />
          <BulkBar workspaceId={ws} table={table} page={page} />
          {finding && grid && (
            <FindBar
              workspaceId={ws}
              table={table}
              page={page}
              canEdit={can('rows.edit')}
              open={finding}
              onClose={() => setFinding(null)}
            />
          )}
        </div>
        <SidePanel workspaceId={ws} table={table} page={page} />
      </div>
      <StatusBar workspaceId={ws} table={table} page={page} canEdit={can('rows.edit')} />
      {page.hover && !page.overlay && grid && (
        <HoverCard
          key={`${page.hover.rowId}/${page.hover.columnId}`}
          workspaceId={ws}
          table={table}
          grid={grid}
          target={page.hover}
        />
      )}
      <Overlays workspaceId={ws} table={table} state={state} page={page} client={client} />
    </div>
  );
}

/** The search is asked for from anywhere in the page, not in the grid alone, which takes its keys itself. */
function findKey(e: React.KeyboardEvent, find: (name: FindCommand) => void): void {
  const action = keyAction(e);
  if (action?.do !== 'find' && action?.do !== 'replace' && action?.do !== 'quick-search') return;
  e.preventDefault();
  find(action.do);
}

function Offline({ grid }: { grid: GridController | null }) {
  const save = useSyncExternalStore(
    grid?.queue.state.subscribe ?? never.subscribe,
    () => grid?.queue.state.get() ?? null,
  );
  useLeaveWarning((save?.unkept ?? 0) > 0);
  if (save && save.unkept > 0 && save.state !== 'offline') {
    return (
      <div className="border-b border-line px-2 py-1.5">
        <Notice tone="warning">
          The browser has no room to keep {plural(save.unkept, 'edit')}. Leave this page open until{' '}
          {save.unkept === 1 ? 'it is' : 'they are'} saved.
        </Notice>
      </div>
    );
  }
  if (save?.state !== 'offline') return null;
  return (
    <div className="border-b border-line px-2 py-1.5">
      <Notice
        tone="warning"
        icon={<WifiOff size={15} />}
        action={
          <Button size="sm" onClick={() => grid?.queue.wake()}>
            Try now
          </Button>
        }
      >
        You are offline. {plural(save.waiting, 'edit')} {save.waiting === 1 ? 'is' : 'are'} kept here and will be sent
        when the server answers again.
        {save.unkept > 0 && ' The browser has no room to keep all of them: leave this page open until then.'}
      </Notice>
    </div>
  );
}

/** Asks before the page is left while edits would be lost with it. */
function useLeaveWarning(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const ask = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [on]);
}

interface StatesProps {
  grid: GridController | null;
  filtered: boolean;
  canEdit: boolean;
  onInsert: () => void;
  onPaste: () => void;
  onClear: () => void;
  onRetry: () => void;
}

/** What is shown over an empty or failed grid. */
function GridStates({ grid, filtered, canEdit, onInsert, onPaste, onClear, onRetry }: StatesProps) {
  const rows = useSyncExternalStore(
    grid?.rows.rowCount.subscribe ?? none.subscribe,
    () => grid?.rows.rowCount.get() ?? -1,
  );
  const error = useSyncExternalStore(
    grid?.rows.loadError.subscribe ?? never.subscribe,
    () => grid?.rows.loadError.get() ?? null,
  );
  if (error && rows !== 0) {
    return (
      <div className="absolute inset-x-4 top-12 z-10 mx-auto max-w-lg">
        <Notice
          tone="danger"
          action={
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          {messageOf(error)}
        </Notice>
      </div>
    );
  }
  if (rows !== 0) return null;
  return (
    <div className="pointer-events-none absolute inset-x-0 top-10 flex justify-center">
      <Empty
        className="pointer-events-auto"
        title={filtered ? 'No row fits the filter' : 'No rows yet'}
        text={
          filtered
            ? 'Change or remove the filter and the search to see more.'
            : 'Add a row, paste from a spreadsheet, or import a file.'
        }
        action={
          filtered ? (
            <Button onClick={onClear}>Remove filter and search</Button>
          ) : (
            canEdit && (
              <>
                <Button variant="primary" onClick={onInsert}>
                  Add a row
                </Button>
                <Button icon={<ClipboardPaste size={14} />} onClick={onPaste}>
                  Paste
                </Button>
              </>
            )
          )
        }
      />
    </div>
  );
}
