import type { CellValue, Table, UndoAnswer } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Shown } from '@/components/shown';
import { formatValue } from '@/grid/values';
import { count, plural } from '@/lib/format';
import type { GridPage } from '../use-grid-page';

const SHOWN = 20;

/** Says what an undo, or redo, left alone because it was changed since, and offers to take that back too. */
export function UndoConflicts({
  table,
  page,
  name,
  answer,
  force,
  onClose,
}: {
  table: Table;
  page: GridPage;
  name: 'undo' | 'redo';
  answer: UndoAnswer;
  force: () => void;
  onClose: () => void;
}) {
  const conflicts = answer.conflicts ?? [];
  const lost = conflicts.filter((c) => c.lost).length;
  const left = conflicts.length - lost;
  const done = name === 'undo' ? 'undone' : 'redone';
  const nothing = answer.cells + answer.rows === 0 && lost === 0;
  return (
    <Dialog
      size="md"
      title={nothing ? `“${answer.label ?? ''}” is not ${done}` : `“${answer.label ?? ''}” is ${done} in part`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{left > 0 ? 'Leave them' : 'Close'}</Button>
          {left > 0 && (
            <Button
              variant="danger"
              onClick={() => {
                onClose();
                force();
              }}
            >
              {name === 'undo' ? 'Undo' : 'Redo'} {left === 1 ? 'it' : 'them'} too
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-2 text-base text-ink-2">
        {left > 0 && (
          <p>
            {plural(left, 'change')} made since {left === 1 ? 'is' : 'are'} in the way and {left === 1 ? 'was' : 'were'}{' '}
            left alone.
          </p>
        )}
        {lost > 0 && (
          <p>
            {plural(lost, 'later value')} did not fit. {name === 'undo' ? 'Redo' : 'Undo'} brings them back.
          </p>
        )}
        {(answer.not_undoable ?? []).map((r) => (
          <p key={r}>{r}</p>
        ))}
        <ul className="divide-y divide-line border-y border-line">
          {conflicts.slice(0, SHOWN).map((c) => (
            <Line key={`${c.row_id}/${c.column_id ?? ''}`} conflict={c} table={table} page={page} />
          ))}
        </ul>
        {conflicts.length > SHOWN && <p className="text-ink-3">and {count(conflicts.length - SHOWN)} more</p>}
      </div>
    </Dialog>
  );
}

type Conflict = NonNullable<UndoAnswer['conflicts']>[number];

function Line({ conflict, table, page }: { conflict: Conflict; table: Table; page: GridPage }) {
  const column = table.columns.find((c) => c.id === conflict.column_id);
  const index = page.grid?.cache.indexOf(conflict.row_id);
  const text = (value: unknown): string => (column ? formatValue(column, value as CellValue) : '') || 'empty';
  return (
    <li className="py-2">
      <p className="font-medium text-ink">
        <Shown
          text={
            [column?.name, index === undefined ? '' : `row ${count(index + 1)}`].filter(Boolean).join(' · ') || 'A row'
          }
        />
      </p>
      {column ? (
        <p className="break-words">
          holds <Shown text={text(conflict.current)} />, would be <Shown text={text(conflict.would_be)} />
        </p>
      ) : (
        <p>{conflict.reason}</p>
      )}
    </li>
  );
}
