import { Check, CloudOff, Keyboard, Plus, RefreshCw, TriangleAlert } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import type { Table } from '@/api/types';
import { Spinner } from '@/components/spinner';
import type { SaveState } from '@/grid/edit-queue';
import type { HeldEdit } from '@/grid/edit-store';
import type { Selection } from '@/grid/events';
import { NOTHING_SELECTED } from '@/grid/selection';
import type { Pasting } from '@/grid/transfers';
import { Observable } from '@/lib/emitter';
import { count, plural } from '@/lib/format';
import type { GridPage } from '../use-grid-page';
import { useSelectionSums } from '../use-selection-sums';
import { RunStatus } from './run-status';

const nothing = new Observable<Selection>(NOTHING_SELECTED);
const saved = new Observable<SaveState>({ state: 'saved', waiting: 0, unkept: 0 });
const noPaste = new Observable<Pasting | null>(null);
const noneHeld = new Observable<readonly HeldEdit[]>([]);

function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.get);
}
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });

export function StatusBar({
  workspaceId,
  table,
  page,
  canEdit,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  canEdit: boolean;
}) {
  const [before] = useState(() => new Observable(table.row_count)); // until the grid is there
  const rows = useObservable(page.lines?.rowCount ?? page.grid?.rows.rowCount ?? before);
  const selection = useObservable(page.grid?.selection.summary ?? nothing);
  const sums = useSelectionSums(workspaceId, table, page, selection);
  const save = useObservable(page.grid?.queue.state ?? saved);
  const held = useObservable(page.grid?.queue.held ?? noneHeld);
  const pasting = useObservable(page.grid?.pasting ?? noPaste);
  const filtered = page.query.filter !== null || page.query.q !== '';
  return (
    <footer
      aria-label="Status"
      className="flex h-8 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-sunken px-2 text-sm whitespace-nowrap text-ink-2"
    >
      {canEdit && (
        <button
          type="button"
          onClick={() => void page.insertRow()}
          title="Add a row (Shift+Enter)"
          className="inline-flex h-6 items-center gap-1 rounded-md px-1.5 font-medium hover:bg-active hover:text-ink"
        >
          <Plus size={13} /> Row
        </button>
      )}
      <span className="tnum" data-testid="row-count">
        {filtered ? `${count(rows)} of ${plural(table.row_count, 'row')}` : plural(rows, 'row')}
      </span>
      <span className="hidden text-ink-3 sm:inline">{plural(table.columns.length, 'column')}</span>
      <span className="flex-1" />
      <RunStatus workspaceId={workspaceId} table={table} page={page} />
      {selection.cells > 1 && (
        <span className="tnum hidden gap-3 sm:flex" aria-live="polite">
          <span>Count {count(selection.cells)}</span>
          {sums.busy && <Spinner className="!size-3" />}
          {sums.sum !== null && <span>Sum {number.format(sums.sum)}</span>}
          {sums.avg !== null && <span>Avg {number.format(sums.avg)}</span>}
          {sums.min !== null && <span className="hidden lg:inline">Min {number.format(sums.min)}</span>}
          {sums.max !== null && <span className="hidden lg:inline">Max {number.format(sums.max)}</span>}
        </span>
      )}
      {table.recompute && (
        <span role="status" className="tnum inline-flex items-center gap-1.5">
          <Spinner className="!size-3" /> Computing {computed(table.recompute)} %
        </span>
      )}
      {!page.connected && (
        <span className="inline-flex items-center gap-1.5 text-warning-ink">
          <RefreshCw size={12} /> Reconnecting
        </span>
      )}
      {held.length > 0 && (
        <button
          type="button"
          onClick={() => page.setOverlay({ kind: 'held' })}
          className="inline-flex items-center gap-1.5 rounded-md px-1.5 font-medium text-warning-ink hover:bg-active"
        >
          <TriangleAlert size={12} /> {plural(held.length, 'edit')} to decide
        </button>
      )}
      {pasting && (
        <span role="status" className="tnum inline-flex items-center gap-1.5">
          <Spinner className="!size-3" /> Pasting {count(pasting.done)} of {plural(pasting.of, 'cell')}
        </span>
      )}
      {!(pasting && save.state === 'saving') && <SaveLabel save={save} />}
      <button
        type="button"
        onClick={() => page.setOverlay({ kind: 'keys' })}
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (Ctrl+/)"
        className="hidden rounded-md p-1 text-ink-3 hover:bg-active hover:text-ink sm:inline-flex"
      >
        <Keyboard size={14} aria-hidden />
      </button>
    </footer>
  );
}

function computed({ done, total }: { done: number; total: number }): number {
  return total > 0 ? Math.floor((100 * done) / total) : 0;
}

function SaveLabel({ save }: { save: SaveState }) {
  if (save.state === 'signed-out') {
    return (
      <span role="status" className="inline-flex items-center gap-1.5 font-medium text-warning-ink">
        <CloudOff size={13} /> Signed out · {plural(save.waiting, 'edit')} kept
      </span>
    );
  }
  if (save.state === 'offline') {
    return (
      <span role="status" className="inline-flex items-center gap-1.5 font-medium text-warning-ink">
        <CloudOff size={13} /> Offline · {plural(save.waiting, 'edit')} waiting
      </span>
    );
  }
  if (save.state === 'saving') {
    return (
      <span role="status" className="inline-flex items-center gap-1.5">
        <Spinner className="!size-3" /> Saving {count(save.waiting)}
      </span>
    );
  }
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-ink-3">
      <Check size={13} className="text-success" /> Saved
    </span>
  );
}
