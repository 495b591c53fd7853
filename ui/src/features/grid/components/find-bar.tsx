import { CaseSensitive, ChevronDown, ChevronRight, ChevronUp, WholeWord, X } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Input, Select } from '@/components/field';
import { Spinner } from '@/components/spinner';
import { cellOf, isReadOnly } from '@/grid/model';
import { replaceText, searchedText } from '@/grid/text-search';
import { parseValue, writtenText } from '@/grid/values';
import { count } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { useFind, type Finding, type FindScope } from '../use-find';
import type { GridPage } from '../use-grid-page';
import { ReplaceAll } from './replace-all';

export interface FindBarProps {
  workspaceId: string;
  table: Table;
  page: GridPage;
  canEdit: boolean;
  /** Whether a replacement is asked for too; each opening has a number, so that a second Ctrl+F selects the text. */
  open: { replace: boolean; n: number };
  onClose: () => void;
}

/** Finds a text in all rows that the view shows, and replaces it there. */
export function FindBar({ workspaceId, table, page, canEdit, open, onClose }: FindBarProps) {
  const find = useFind(workspaceId, table, page);
  const [replacing, setReplacing] = useState(open.replace);
  const [by, setBy] = useState('');
  const [all, setAll] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const [seen, setSeen] = useState(open.n);
  if (seen !== open.n) {
    setSeen(open.n);
    if (open.replace) setReplacing(true);
  }
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [open.n]);

  const close = (): void => {
    onClose();
    page.grid?.focus();
  };
  const keys = (e: KeyboardEvent): void => {
    if (e.key === 'Escape') close();
    else if (e.key === 'F3') find.go(e.shiftKey ? 'previous' : 'next');
    else return;
    e.preventDefault();
  };
  return (
    <div
      role="search"
      aria-label="Find in cells"
      onKeyDown={keys}
      className="absolute top-2 right-4 z-20 flex w-[380px] max-w-[calc(100%-1rem)] flex-col gap-2 rounded-lg border border-line bg-raised p-2 shadow-lg max-sm:right-2 [animation:rise_120ms_ease-out]"
    >
      <div className="flex items-center gap-1">
        {canEdit && (
          <IconButton
            label={replacing ? 'Hide replace' : 'Replace (Ctrl+H)'}
            size="sm"
            aria-expanded={replacing}
            onClick={() => setReplacing(!replacing)}
          >
            {replacing ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
          </IconButton>
        )}
        <Input
          ref={input}
          aria-label="Find"
          placeholder="Find"
          maxLength={2000}
          value={find.search.text}
          onChange={(e) => find.change({ text: e.target.value })}
          onKeyDown={(e) => {
            if (e.key === 'Enter') find.go(e.shiftKey ? 'previous' : 'next');
          }}
        />
        <IconButton label="Previous match (Shift+Enter)" size="sm" onClick={() => find.go('previous')}>
          <ChevronUp size={14} />
        </IconButton>
        <IconButton label="Next match (Enter)" size="sm" onClick={() => find.go('next')}>
          <ChevronDown size={14} />
        </IconButton>
        <IconButton label="Close (Esc)" size="sm" onClick={close}>
          <X size={14} />
        </IconButton>
      </div>
      <Options find={find} />
      {replacing && canEdit && (
        <form
          className="flex items-center gap-1"
          onSubmit={(e) => {
            e.preventDefault();
            replaceOne(page, find, by);
          }}
        >
          <Input
            aria-label="Replace with"
            placeholder="Replace with"
            maxLength={2000}
            value={by}
            onChange={(e) => setBy(e.target.value)}
          />
          <Button size="sm" type="submit" disabled={!find.step?.cell}>
            Replace
          </Button>
          <Button size="sm" disabled={!find.step?.cells} onClick={() => setAll(true)}>
            Replace all…
          </Button>
        </form>
      )}
      {all && (
        <ReplaceAll
          workspaceId={workspaceId}
          table={table}
          page={page}
          search={find.search}
          columns={find.columns.filter((c) => !isReadOnly(c))}
          by={by}
          onClose={() => setAll(false)}
          onDone={find.again}
        />
      )}
    </div>
  );
}

function Options({ find }: { find: Finding }) {
  const { search, change } = find;
  return (
    <div className="flex items-center gap-1 text-sm">
      <IconButton
        label="Match case"
        size="sm"
        aria-pressed={search.matchCase}
        active={search.matchCase}
        onClick={() => change({ matchCase: !search.matchCase })}
      >
        <CaseSensitive size={16} />
      </IconButton>
      <IconButton
        label="Match the whole cell"
        size="sm"
        aria-pressed={search.wholeCell}
        active={search.wholeCell}
        onClick={() => change({ wholeCell: !search.wholeCell })}
      >
        <WholeWord size={16} />
      </IconButton>
      {find.column && (
        <Select
          aria-label="Where to look"
          className="!h-6 !w-auto max-w-40 !py-0 !text-sm"
          value={find.scope}
          onChange={(e) => find.setScope(e.target.value as FindScope)}
        >
          <option value="all">All columns</option>
          <option value="column">{find.column.name}</option>
        </Select>
      )}
      <span className="flex-1" />
      <Count find={find} />
    </div>
  );
}

function Count({ find }: { find: Finding }) {
  const { step, busy, error, search } = find;
  const text = error ?? (step ? counted(step) : '');
  return (
    <span role="status" className={error ? 'text-danger-ink' : 'tnum flex items-center gap-1.5 text-ink-2'}>
      {busy && search.text !== '' && <Spinner className="!size-3" />}
      {text}
    </span>
  );
}

function counted({ cell, cells }: NonNullable<Finding['step']>): string {
  if (cells === 0) return 'No matches';
  return cell ? `${count(cell.number)} of ${count(cells)}` : count(cells);
}

/** Replaces in the cell that was found, and goes on to the next one. */
function replaceOne(page: GridPage, find: Finding, by: string): void {
  const { grid } = page;
  const cell = find.step?.cell;
  const row = cell && grid?.cache.at(cell.row);
  const column = find.columns.find((c) => c.id === cell?.columnId);
  if (!grid || !row || !column) return;
  if (isReadOnly(column)) {
    toast.info(`${column.name} can’t be edited`);
    find.go('next');
    return;
  }
  const exact = cellOf(row, column);
  const before = typeof exact === 'string' ? searchedText(exact) : writtenText(column, exact);
  const read = parseValue(column, replaceText(find.search, before, by));
  if (read.ok) grid.edit([{ rowId: row.id, columnId: column.id, value: read.value }]);
  else toast.error(`${column.name}: ${read.reason}`);
  void grid.queue.settled().then(() => find.go('next'));
}
