import { useEffect, useSyncExternalStore } from 'react';
import type { CellValue, Column, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Shown } from '@/components/shown';
import type { GridController } from '@/grid/controller';
import type { HeldEdit } from '@/grid/edit-store';
import { formatValue, plainText } from '@/grid/values';
import { count, plural } from '@/lib/format';

/** Edits that the server does not have: each with what was typed and what the cell holds, to be decided one by one or together. */
export function HeldEdits({ table, grid, onClose }: { table: Table; grid: GridController; onClose: () => void }) {
  const held = useSyncExternalStore(grid.queue.held.subscribe, grid.queue.held.get);
  useEffect(() => {
    if (held.length === 0) onClose();
  }, [held, onClose]);
  const ids = held.map((h) => h.id);
  const conflicts = held.every((h) => h.kind === 'conflict');
  return (
    <Dialog
      size="md"
      title={`${plural(held.length, 'edit')} to decide`}
      description="These edits are kept in this browser until you decide."
      onClose={onClose}
      footer={
        held.length > 1 && (
          <>
            <Button onClick={() => grid.queue.discard(ids)}>{conflicts ? 'Take all theirs' : 'Discard all'}</Button>
            <Button variant="primary" onClick={() => grid.queue.keepMine(ids)}>
              {conflicts ? 'Keep all mine' : 'Try all again'}
            </Button>
          </>
        )
      }
    >
      <ul className="-my-1 flex flex-col divide-y divide-line">
        {held.slice(0, SHOWN).map((h) => (
          <Held key={h.id} edit={h} table={table} grid={grid} />
        ))}
      </ul>
      {held.length > SHOWN && <p className="mt-3 text-ink-3">and {count(held.length - SHOWN)} more</p>}
    </Dialog>
  );
}

const SHOWN = 100;

function Held({ edit, table, grid }: { edit: HeldEdit; table: Table; grid: GridController }) {
  const column = table.columns.find((c) => c.id === edit.columnId);
  const index = grid.cache.indexOf(edit.rowId);
  const where = [column?.name ?? 'A column that is gone', index === undefined ? '' : `row ${count(index + 1)}`];
  const conflict = edit.kind === 'conflict';
  const theirs = conflict ? (edit.theirs ?? null) : (grid.cache.get(edit.rowId)?.cells[edit.columnId] ?? null);
  return (
    <li className="flex flex-col gap-2 py-3">
      <p className="font-medium">
        <Shown text={where.filter(Boolean).join(' · ')} />
      </p>
      {!conflict && (
        <p className="text-danger-ink">
          <Shown text={edit.reason} />
        </p>
      )}
      <dl className="grid grid-cols-1 gap-2 sm:grid-cols-2">
        <Value label="Yours" column={column} value={edit.value} />
        <Value label={conflict ? 'Theirs' : 'In the table'} column={column} value={theirs} />
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" variant="primary" onClick={() => grid.queue.keepMine([edit.id])}>
          {conflict ? 'Keep mine' : 'Retry'}
        </Button>
        <Button size="sm" onClick={() => grid.queue.discard([edit.id])}>
          {conflict ? 'Take theirs' : 'Discard'}
        </Button>
      </div>
    </li>
  );
}

function Value({ label, column, value }: { label: string; column: Column | undefined; value: CellValue }) {
  const text = column ? formatValue(column, value) : plainText(value);
  return (
    <div className="min-w-0 rounded-md border border-line bg-sunken px-2.5 py-1.5">
      <dt className="text-sm text-ink-3">{label}</dt>
      <dd className="line-clamp-3 break-words whitespace-pre-wrap">
        {text ? <Shown text={text} lines /> : <span className="text-ink-3">empty</span>}
      </dd>
    </div>
  );
}
