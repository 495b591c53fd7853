import type { GridApi } from 'ag-grid-community';
import type { CheckedRows } from './checked-rows';
import { NUMBER_COLUMN } from './columns';
import type { GridEvents } from './events';
import { today } from './cell-types/calendar';
import { groupKey, keyAction, type KeyAction, type Move } from './keyboard';
import { cellOf, isReadOnly, type CellChange, type Column, type GridRow } from './model';
import { jump, step, type Place } from './range';
import type { RangeCommand } from './range-commands';
import type { RowCache } from './row-cache';
import type { RangeSelection } from './selection';
import type { Transfers } from './transfers';

export interface InputHost {
  api: GridApi<GridRow>;
  cache: RowCache;
  selection: RangeSelection;
  checked: CheckedRows;
  transfers: Transfers;
  events: GridEvents;
  rowCount: () => number;
  canEdit: () => boolean;
  edit: (changes: CellChange[]) => void;
  run: (name: RangeCommand) => void;
  scrollTo: (row: number, column?: string) => void;
  wake: () => void;
  /** Has the selection where the focus is, of which the grid tells a moment later. */
  followFocus: () => void;
}

/** The keyboard and the clipboard of the grid; what it doesn't know it leaves to AG Grid. */
export class GridInput {
  private readonly off = new AbortController();

  constructor(
    private readonly element: HTMLElement,
    private readonly host: InputHost,
  ) {
    const { signal } = this.off;
    element.addEventListener('keydown', (e) => this.key(e), { signal, capture: true });
    element.addEventListener('copy', (e) => this.clipboardOut(e, false), { signal });
    element.addEventListener('cut', (e) => this.clipboardOut(e, true), { signal });
    element.addEventListener('paste', (e) => this.clipboardIn(e), { signal });
    document.addEventListener('paste', (e) => this.pasteAnywhere(e), { signal });
    element.addEventListener('click', (e) => this.clicked(e), { signal });
    window.addEventListener('online', () => host.wake(), { signal });
  }
  destroy(): void {
    this.off.abort();
  }

  private editing(): boolean {
    return this.host.api.getEditingCells().length > 0;
  }
  private clicked(e: MouseEvent): void {
    const box = e.target instanceof Element ? e.target.closest('.mk-check') : null;
    const cell = box?.closest('.ag-cell');
    if (cell && cell.getAttribute('col-id') !== NUMBER_COLUMN) this.toggle();
  }
  private clipboardOut(e: ClipboardEvent, cut: boolean): void {
    const { selection, transfers } = this.host;
    const rect = selection.rect;
    if (!rect || this.editing() || isField(e.target)) return;
    e.preventDefault();
    const copied = transfers.copyNow(rect);
    if (copied) {
      e.clipboardData?.setData('text/plain', copied.text);
      e.clipboardData?.setData('text/html', copied.html);
    } else this.host.run('copy');
    if (cut && this.host.canEdit()) transfers.clear(rect, 'cut').catch((e: unknown) => this.host.events.failed(e));
  }
  private clipboardIn(e: ClipboardEvent): void {
    if (this.host.selection.rect) this.takeIn(e);
  }
  /** A table without rows has no cell that could have the focus: it takes what is pasted anywhere on its page. */
  private pasteAnywhere(e: ClipboardEvent): void {
    if (this.host.rowCount() === 0 && !e.defaultPrevented && !document.querySelector('dialog[open]')) this.takeIn(e);
  }
  private takeIn(e: ClipboardEvent): void {
    const { selection, transfers, events } = this.host;
    if (this.editing() || isField(e.target) || !this.host.canEdit()) return;
    e.preventDefault();
    const text = e.clipboardData?.getData('text/plain') ?? '';
    const html = e.clipboardData?.getData('text/html') ?? '';
    transfers
      .paste(text, html, selection.rect)
      .then((area) => {
        if (area) selection.selectRect(area);
      })
      .catch((error: unknown) => events.failed(error));
  }

  private key(e: KeyboardEvent): void {
    if (this.editing() || isField(e.target)) return;
    if (!(e.target instanceof Element) || e.target.closest('.ag-header')) return;
    this.host.followFocus();
    if (!this.group(e)) {
      const action = keyAction(e);
      if (!action || !this.act(action)) return;
    }
    e.preventDefault();
    e.stopPropagation();
  }
  /** On a group's line the arrows to the right and left open and close it, Enter and Space do either. */
  private group(e: KeyboardEvent): boolean {
    if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return false;
    const focused = this.host.api.getFocusedCell();
    const row = focused ? this.host.cache.at(focused.rowIndex) : undefined;
    if (!row?.group) return false;
    const wanted = groupKey(e.key, row.group.open);
    if (wanted) this.host.events.toggleGroup(row.id);
    return wanted;
  }
  private act(action: KeyAction): boolean {
    if (action.do === 'extend' || action.do === 'jump') return this.moveHead(action.do, action.move);
    const { selection, checked, events } = this.host;
    const rect = selection.rect;
    const last = { row: this.host.rowCount() - 1, col: selection.columns.length - 1 };
    switch (action.do) {
      case 'clear':
      case 'fill-down':
      case 'fill-right':
        if (rect && this.host.canEdit()) this.host.run(action.do);
        return true;
      case 'select-all':
        if (rect?.top === 0 && rect.left === 0 && rect.bottom === last.row && rect.right === last.col)
          checked.setAll(true);
        else selection.selectRange({ anchor: { row: 0, col: 0 }, head: last });
        return true;
      case 'select-rows':
        if (!rect) return true;
        selection.selectRange({ anchor: { row: rect.top, col: 0 }, head: { row: rect.bottom, col: last.col } });
        checked.addRange(rect.top, rect.bottom);
        return true;
      case 'select-columns':
        if (rect)
          selection.selectRange({ anchor: { row: 0, col: rect.left }, head: { row: last.row, col: rect.right } });
        return true;
      case 'today':
        this.enterToday();
        return true;
      case 'delete-rows':
        if (rect && this.host.canEdit()) this.host.run('delete-rows');
        return true;
      case 'toggle':
        return this.toggle() || this.openCurrent('openRowPage');
      case 'open-row':
        return this.openCurrent('openRow');
      case 'comment': {
        const now = this.current();
        if (now && !now.row.group) events.comment(now.row.id, now.columnId);
        return true;
      }
      case 'column-menu':
        return this.menuAtFocus();
      case 'collapse':
        if (selection.current) selection.select(selection.current.anchor);
        return false;
      case 'insert-row':
        if (this.host.canEdit()) events.command(action.do);
        return true;
      default:
        events.command(action.do);
        return true;
    }
  }
  private moveHead(kind: 'extend' | 'jump', move: Move): boolean {
    const { api, selection } = this.host;
    const range = selection.current;
    if (!range) return false;
    const head = this.target(kind === 'jump' ? range.anchor : range.head, move);
    const column = selection.columnId(head.col);
    if (kind === 'jump') this.host.scrollTo(head.row, column);
    else selection.extendTo(head);
    api.ensureIndexVisible(head.row);
    if (column) api.ensureColumnVisible(column);
    if (head.col === 0) {
      // A pinned column is always in view: the start of the others comes with it.
      const first = api.getAllDisplayedColumns().find((c) => !c.isPinned());
      if (first) api.ensureColumnVisible(first);
    }
    return true;
  }

  private target(from: Place, move: Move): Place {
    const rows = this.host.rowCount();
    const columns = this.host.selection.columns;
    if ('to' in move) {
      return {
        row: move.to === 'table-start' ? 0 : move.to === 'table-end' ? rows - 1 : from.row,
        col: move.to === 'row-start' || move.to === 'table-start' ? 0 : columns.length - 1,
      };
    }
    if (move.by === 'cell') return step(from, move.direction, rows, columns.length);
    return jump(from, move.direction, rows, columns.length, ({ row, col }) => {
      const data = this.host.cache.at(row);
      const column = columns[col];
      return data && column ? !isEmpty(data, column) : undefined;
    });
  }
  /** Ctrl+; writes today's date, that of the workspace, into the selected cells that can hold one. */
  private enterToday(): void {
    const { cache, selection } = this.host;
    const rect = selection.rect;
    if (!rect || !this.host.canEdit()) return;
    const columns = selection.columns
      .slice(rect.left, rect.right + 1)
      .filter((c) => !isReadOnly(c) && (c.type === 'date' || c.type === 'text' || c.type === 'long_text'));
    const changes: CellChange[] = [];
    for (let r = rect.top; r <= rect.bottom; r++) {
      const row = cache.at(r);
      if (row) changes.push(...columns.map((c) => ({ rowId: row.id, columnId: c.id, value: today() })));
    }
    if (changes.length === 0) this.host.events.notice('info', 'Select cells of a date or text column first.');
    else if (changes.length > TODAY_CELLS)
      this.host.events.notice('error', `Select at most ${TODAY_CELLS.toLocaleString('en')} cells.`);
    else this.host.edit(changes);
  }

  private current(): { row: GridRow; columnId: string } | null {
    const place = this.host.selection.current?.anchor;
    const row = place ? this.host.cache.at(place.row) : undefined;
    const columnId = place ? this.host.selection.columnId(place.col) : undefined;
    return row && columnId ? { row, columnId } : null;
  }
  private openCurrent(how: 'openRow' | 'openRowPage'): boolean {
    const now = this.current();
    if (now) this.host.events[how](now.row.id);
    return now !== null;
  }
  /** The menu of the cell that has the focus; the selection follows the focus a moment later. */
  private menuAtFocus(): boolean {
    const cell = this.element.querySelector('.ag-cell-focus')?.getBoundingClientRect();
    const focused = this.host.api.getFocusedCell();
    const row = focused ? this.host.cache.at(focused.rowIndex) : undefined;
    const columnId = focused?.column.getColId() ?? '';
    if (!cell || !row || this.host.selection.place(columnId) === undefined) return false;
    this.host.events.contextMenu(row.id, columnId, { x: cell.left, y: cell.bottom });
    return true;
  }
  /** Space or a click on its box flips a yes/no cell. */
  private toggle(): boolean {
    const now = this.current();
    const column = this.host.selection.columns.find((c) => c.id === now?.columnId);
    if (!now || column?.type !== 'boolean') return false;
    if (this.host.canEdit()) {
      this.host.edit([{ rowId: now.row.id, columnId: column.id, value: now.row.cells[column.id] !== true }]);
    }
    return true;
  }
}

/** The most cells that get today's date at once: what one call may change. */
const TODAY_CELLS = 5_000;

function isEmpty(row: GridRow, column: Column): boolean {
  const value = cellOf(row, column);
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.tagName === 'INPUT' || target.tagName === 'TEXTAREA' || target.isContentEditable;
}
