import { MAX_PASTE_CELLS, chunked, planPaste, tile, type PastePlan } from './paste-plan';
import { decimalsOf, readClipboard, rectangular, toHTML, toTSV, type Matrix } from './clipboard';
import { fillValues } from './fill';
import type { GridEvents, GridSource, RowInsert } from './events';
import { cellOf, isNumeric, isReadOnly, type CellChange, type CellValue, type Column, type GridRow } from './model';
import { cellsIn, type Direction, type Rect } from './range';
import type { RowCache } from './row-cache';
import { cellText, unchanged } from './cell-text';
import { convertValue } from './values';
import type { Observable } from '@/lib/emitter';

/** The most cells that one call may change. */
const CALL_CELLS = 5_000;
const CALL_ROWS = 2_000;
const WINDOW = 1_000;

export interface TransferHost {
  readonly cache: RowCache;
  readonly source: GridSource;
  readonly events: GridEvents;
  columns(): Column[];
  rowCount(): number;
  /** Resolves with the log position of the edit, 0 when it was refused. */
  edit(changes: CellChange[], createOptions: boolean, gesture: string): Promise<number>;
  rowsAdded(count: number): void;
  /** How far a large paste is; null when there is none. */
  pasting: Observable<Pasting | null>;
}

/** Cells of a paste, and how many of them the server has. */
export interface Pasting {
  done: number;
  of: number;
}

/** Copy, paste, fill and clear over ranges, including rows that are not loaded yet. */
export class Transfers {
  constructor(private readonly host: TransferHost) {}

  /** The range as text when all its rows are loaded, else null. */
  copyNow(rect: Rect): { text: string; html: string } | null {
    const matrix: Matrix = [];
    for (let r = rect.top; r <= rect.bottom; r++) {
      const row = this.host.cache.at(r);
      if (!row) return null;
      matrix.push(this.line(row, rect));
    }
    const decimals = this.host
      .columns()
      .slice(rect.left, rect.right + 1)
      .map((c) => (isNumeric(c.type) ? (c.form?.decimal ?? 'point') : undefined));
    return { text: toTSV(matrix), html: toHTML(matrix, decimals) };
  }
  private line(row: GridRow, rect: Rect): string[] {
    return this.host
      .columns()
      .slice(rect.left, rect.right + 1)
      .map((c) => cellText(c, cellOf(row, c)));
  }
  /** Copies a range of any loaded state; rows that miss are fetched first. */
  async copy(rect: Rect): Promise<void> {
    if (cellsIn(rect) > MAX_PASTE_CELLS) {
      this.host.events.notice(
        'error',
        `A copy holds at most ${MAX_PASTE_CELLS.toLocaleString('en')} cells. Use Export for more.`,
      );
      return;
    }
    await this.load(rect.top, rect.bottom);
    const copied = this.copyNow(rect);
    if (!copied) return;
    await navigator.clipboard.write([
      new ClipboardItem({
        'text/plain': new Blob([copied.text], { type: 'text/plain' }),
        'text/html': new Blob([copied.html], { type: 'text/html' }),
      }),
    ]);
    this.host.events.notice('success', `Copied ${cellsIn(rect).toLocaleString('en')} cells`);
  }
  private async load(top: number, bottom: number): Promise<void> {
    for (let from = top; from <= bottom; from += WINDOW) {
      const to = Math.min(bottom, from + WINDOW - 1);
      let missing = false;
      for (let r = from; r <= to && !missing; r++) missing = this.host.cache.at(r) === undefined;
      if (!missing) continue;
      const { rows, position } = await this.host.source.window(from, to - from + 1);
      this.host.cache.putWindow(from, rows, position);
    }
  }

  /** Pastes over the selected cells; into a table without rows, where none can be selected, from its first cell on. */
  async paste(text: string, html: string, selected: Rect | null): Promise<Rect | null> {
    const read = readClipboard(text, html);
    if (!read) return null;
    const empty = this.host.rowCount() === 0;
    if (empty && this.host.events.pasteTable(toTSV(read))) return null;
    const rect = selected ?? (empty ? { top: 0, left: 0, bottom: 0, right: 0 } : null);
    if (!rect) return null;
    const matrix = tile(rectangular(read), rect);
    const cells = matrix.length * (matrix[0]?.length ?? 0);
    if (cells > MAX_PASTE_CELLS) {
      this.host.events.notice(
        'error',
        `A paste holds at most ${MAX_PASTE_CELLS.toLocaleString('en')} cells; this one has ${cells.toLocaleString('en')}. Import it as a file instead.`,
      );
      return null;
    }
    const at = { row: rect.top, col: rect.left };
    const plan = planPaste(matrix, at, this.host.columns(), this.host.rowCount(), decimalsOf(html));
    const asks = plan.newRows.length > 0 || plan.newColumns > 0 || plan.newOptions.size > 0 || plan.problems.length > 0;
    if (asks && !(await this.host.events.confirmPaste(plan, cells))) return null;
    await this.apply(plan);
    return plan.area;
  }

  private async apply(plan: PastePlan): Promise<void> {
    const { source, events } = this.host;
    const lastEdited = Math.max(-1, ...plan.edits.map((e) => e.row));
    if (plan.edits.length) await this.load(plan.area.top, lastEdited);
    const gesture = newGesture('paste');
    const created = plan.newColumns > 0 ? await source.addColumns(plan.newColumns, gesture) : [];
    const edits = [
      ...plan.edits,
      ...plan.overflow.map((o) => ({ row: o.row, columnId: created[o.newColumn] ?? '', value: o.value })),
    ];
    const told = this.telling(plan);
    this.send(edits, gesture, plan.newOptions.size > 0, told);
    await this.insert(plan, created, gesture, told);
    const skipped = plan.skippedReadOnly + plan.problems.length;
    if (skipped > 0) events.notice('info', `${skipped.toLocaleString('en')} cells were left as they were`);
  }
  /** Tells how far a paste is that takes more than one call. */
  private telling(plan: PastePlan): (cells: number) => void {
    const { pasting } = this.host;
    const inserted = plan.newRows.reduce((n, cells) => n + Object.keys(cells).length, 0);
    const of = plan.edits.length + plan.overflow.length + inserted;
    if (of <= CALL_CELLS) return () => undefined;
    let done = 0;
    pasting.set({ done, of });
    return (cells) => {
      done += cells;
      pasting.set(done < of ? { done, of } : null);
    };
  }
  private async insert(
    plan: PastePlan,
    created: string[],
    gesture: string,
    told: (cells: number) => void,
  ): Promise<void> {
    const rows: RowInsert[] = plan.newRows.map((cells) => ({
      cells: Object.fromEntries(
        Object.entries(cells).map(([id, v]) => [id.startsWith('new:') ? (created[Number(id.slice(4))] ?? id) : id, v]),
      ),
    }));
    for (const part of chunked(rows, CALL_ROWS)) {
      await this.host.source.insertRows(part, plan.newOptions.size > 0, gesture);
      this.host.rowsAdded(part.length);
      told(part.reduce((n, row) => n + Object.keys(row.cells).length, 0));
    }
  }
  /** Only cells that change are sent, in calls that the server takes. */
  private send(
    edits: { row: number; columnId: string; value: CellValue }[],
    gesture: string,
    createOptions = false,
    told?: (cells: number) => void,
  ): void {
    const changes = edits.flatMap(({ row, columnId, value }): CellChange[] => {
      const found = this.host.cache.at(row);
      if (!found || unchanged(found.cells[columnId], value)) return [];
      return [{ rowId: found.id, columnId, value }];
    });
    told?.(edits.length - changes.length);
    for (const part of chunked(changes, CALL_CELLS))
      void this.host.edit(part, createOptions, gesture).then(() => told?.(part.length));
  }

  async clear(rect: Rect, gesture: 'clear' | 'cut' = 'clear'): Promise<void> {
    if (!this.withinLimit(rect)) return;
    await this.load(rect.top, rect.bottom);
    const columns = this.host
      .columns()
      .slice(rect.left, rect.right + 1)
      .filter((c) => !isReadOnly(c));
    const edits = [];
    for (let row = rect.top; row <= rect.bottom; row++) {
      for (const c of columns) edits.push({ row, columnId: c.id, value: c.type === 'boolean' ? false : null });
    }
    const filled = edits.filter((e) => (this.host.cache.at(e.row)?.cells[e.columnId] ?? null) !== null);
    this.send(filled, newGesture(gesture));
  }

  /** Continues the source range into the target, along the direction of the drag; toggled by Ctrl, it copies. */
  async fill(source: Rect, target: Rect, direction: Direction, toggled = false): Promise<void> {
    if (!this.withinLimit(target)) return;
    await this.load(Math.min(source.top, target.top), Math.max(source.bottom, target.bottom));
    const columns = this.host.columns();
    const backwards = direction === 'up' || direction === 'left';
    const edits: { row: number; columnId: string; value: CellValue }[] = [];
    if (direction === 'up' || direction === 'down') {
      for (let col = target.left; col <= target.right; col++) {
        const column = columns[col];
        if (!column || isReadOnly(column)) continue;
        const values = fillValues(this.read(column, source.top, source.bottom), target.bottom - target.top + 1, {
          backwards,
          toggled,
        });
        values.forEach((value, i) => edits.push({ row: target.top + i, columnId: column.id, value }));
      }
    } else {
      for (let row = target.top; row <= target.bottom; row++)
        edits.push(...this.fillRow(row, source, target, { backwards, toggled }));
    }
    this.send(edits, newGesture('fill'));
  }
  private fillRow(
    row: number,
    source: Rect,
    target: Rect,
    o: { backwards: boolean; toggled: boolean },
  ): { row: number; columnId: string; value: CellValue }[] {
    const columns = this.host.columns();
    const found = this.host.cache.at(row);
    if (!found) return [];
    const from = columns.slice(source.left, source.right + 1);
    const values = fillValues(
      from.map((c) => cellOf(found, c)),
      target.right - target.left + 1,
      o,
    );
    return values.flatMap((value, i) => {
      const to = columns[target.left + i];
      if (!to || isReadOnly(to)) return [];
      const converted = convertValue(from[i % from.length] ?? null, to, value);
      return converted.ok ? [{ row, columnId: to.id, value: converted.value }] : [];
    });
  }
  private read(column: Column, top: number, bottom: number): CellValue[] {
    const out: CellValue[] = [];
    for (let r = top; r <= bottom; r++) {
      const row = this.host.cache.at(r);
      out.push(row ? cellOf(row, column) : null);
    }
    return out;
  }
  /** The rows of a range; those that are not loaded are fetched. */
  async rowIds(rect: Rect): Promise<string[]> {
    if (rect.bottom - rect.top >= MAX_PASTE_CELLS) {
      throw new Error(`Select at most ${MAX_PASTE_CELLS.toLocaleString('en')} rows, or delete by a filter.`);
    }
    await this.load(rect.top, rect.bottom);
    const ids: string[] = [];
    for (let r = rect.top; r <= rect.bottom; r++) {
      const row = this.host.cache.at(r);
      if (row) ids.push(row.id);
    }
    return ids;
  }
  /** Adds rows with the same values as those of the range, in the columns that can be written. */
  async duplicateRows(rect: Rect): Promise<void> {
    const columns = this.host.columns().filter((c) => !isReadOnly(c));
    if ((rect.bottom - rect.top + 1) * Math.max(1, columns.length) > MAX_PASTE_CELLS) {
      throw new Error(`Duplicate at most ${MAX_PASTE_CELLS.toLocaleString('en')} cells at once.`);
    }
    await this.load(rect.top, rect.bottom);
    const rows: RowInsert[] = [];
    for (let r = rect.top; r <= rect.bottom; r++) {
      const row = this.host.cache.at(r);
      if (!row) continue;
      const filled = columns.filter((c) => (row.cells[c.id] ?? null) !== null);
      rows.push({ cells: Object.fromEntries(filled.map((c) => [c.id, row.cells[c.id] ?? null])) });
    }
    const gesture = newGesture('duplicate');
    for (const part of chunked(rows, CALL_ROWS)) {
      await this.host.source.insertRows(part, false, gesture);
      this.host.rowsAdded(part.length);
    }
    const added = rows.length === 1 ? '1 row added' : `${rows.length.toLocaleString('en')} rows added`;
    this.host.events.notice('success', `${added} at the end`);
  }
  /** A double click on the handle: down as far as the column beside the range has values. Null when it has none there. */
  async fillToEnd(rect: Rect): Promise<Rect | null> {
    const columns = this.host.columns();
    const beside = columns[rect.left - 1] ?? columns[rect.right + 1];
    if (!beside) return null;
    const most = rect.bottom + Math.floor(MAX_PASTE_CELLS / (rect.right - rect.left + 1));
    const last = Math.min(this.host.rowCount() - 1, most);
    let end = rect.bottom;
    for (let from = rect.bottom + 1; from <= last && end === from - 1; from += WINDOW) {
      const to = Math.min(last, from + WINDOW - 1);
      await this.load(from, to);
      while (end < to && this.holdsValue(end + 1, beside)) end++;
    }
    if (end === rect.bottom) return null;
    const target = { ...rect, top: rect.bottom + 1, bottom: end };
    await this.fill(rect, target, 'down');
    return { ...rect, bottom: end };
  }
  private holdsValue(index: number, column: Column): boolean {
    const row = this.host.cache.at(index);
    const value = row ? cellOf(row, column) : null;
    return value !== null && value !== '';
  }
  /** Ctrl+D and Ctrl+R: the first row or column of the range over the rest of it. */
  async fillWithin(rect: Rect, direction: 'down' | 'right'): Promise<void> {
    if (direction === 'down' && rect.bottom > rect.top) {
      await this.fill({ ...rect, bottom: rect.top }, { ...rect, top: rect.top + 1 }, 'down');
    } else if (direction === 'right' && rect.right > rect.left) {
      await this.fill({ ...rect, right: rect.left }, { ...rect, left: rect.left + 1 }, 'right');
    }
  }
  private withinLimit(rect: Rect): boolean {
    if (cellsIn(rect) <= MAX_PASTE_CELLS) return true;
    this.host.events.notice('error', `That is more than ${MAX_PASTE_CELLS.toLocaleString('en')} cells at once.`);
    return false;
  }
}

/** A name under which the server takes all that one gesture does for one step of undo. */
export function newGesture(
  kind: 'paste' | 'fill' | 'clear' | 'cut' | 'delete' | 'duplicate' | 'replace' | 'columns' | 'restore',
): string {
  return `${kind}-${crypto.randomUUID()}`;
}
