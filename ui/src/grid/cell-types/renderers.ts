import type { ICellRendererComp, ICellRendererParams } from 'ag-grid-community';
import type { GridContext } from '../context';
import { icon } from '../icons';
import type { CellValue, Column, GridRow } from '../model';
import { paintCell } from './paint';
import { paintGroup } from './paint-group';

type Params = ICellRendererParams<GridRow, CellValue, GridContext> & { column_: Column };

/** Renders every data cell; what differs by type is in paint.ts. */
export class ValueRenderer implements ICellRendererComp<GridRow> {
  private readonly el = document.createElement('div');
  init(params: Params): void {
    this.paint(params);
  }
  getGui(): HTMLElement {
    return this.el;
  }
  refresh(params: Params): boolean {
    this.paint(params);
    return true;
  }
  private paint(params: Params): void {
    const row = params.data;
    const cell = params.eGridCell;
    const index = params.node.rowIndex ?? -1;
    const range = params.context.rangeClasses(index, params.column_.id);
    // A scroll makes hundreds of cells, and a class list is written even when nothing in it changes.
    if (cell.className.includes('mk-range')) cell.classList.remove(...RANGE);
    if (range.length > 0) cell.classList.add(...range);
    const held = row && params.context.held(row.id, params.column_.id);
    if (held || cell.classList.contains('mk-held')) {
      cell.classList.toggle('mk-held', held !== undefined);
      cell.title = held?.reason ?? '';
    }
    if (!row) {
      this.el.className = 'mk-cell';
      const bar = document.createElement('span');
      bar.className = 'mk-skeleton';
      bar.style.width = `${String(40 + ((index * 37) % 45))}%`;
      this.el.replaceChildren(bar);
      return;
    }
    cell.classList.toggle('mk-group-cell', row.group !== undefined);
    const colour = row.group ? null : params.context.colourOf(row, params.column_);
    if (colour) cell.style.setProperty('--mk-colour', `var(--soft-${colour})`);
    cell.classList.toggle('mk-coloured', colour !== null);
    if (row.group) paintGroup(this.el, params, row.group);
    else paintCell(this.el, params.column_, row, params.value ?? null);
  }
}
const RANGE = ['mk-range', 'mk-range-t', 'mk-range-b', 'mk-range-l', 'mk-range-r'];

/** The row's number, which becomes its checkbox, and the way to its details. */
export class RowNumberRenderer implements ICellRendererComp<GridRow> {
  private readonly el = document.createElement('div');
  private params!: ICellRendererParams<GridRow, CellValue, GridContext>;
  init(params: ICellRendererParams<GridRow, CellValue, GridContext>): void {
    this.el.className = 'mk-num';
    this.paint(params);
    this.el.addEventListener('click', (e) => {
      const { data, node, context } = this.params;
      if (!data || data.group || !(e.target instanceof Element)) return;
      if (e.target.closest('.mk-open')) context.openRow(data.id);
      else context.toggleChecked(data.id, node.rowIndex ?? 0, e.shiftKey);
    });
  }
  getGui(): HTMLElement {
    return this.el;
  }
  refresh(params: ICellRendererParams<GridRow, CellValue, GridContext>): boolean {
    this.paint(params);
    return true;
  }
  private paint(params: ICellRendererParams<GridRow, CellValue, GridContext>): void {
    this.params = params;
    params.eGridCell.classList.toggle('mk-group-cell', params.data?.group !== undefined);
    if (params.data?.group) {
      this.el.replaceChildren();
      return;
    }
    const number = String(params.data?.number ?? (params.node.rowIndex ?? 0) + 1);
    const checked = params.data ? params.context.isChecked(params.data.id) : false;
    const label = document.createElement('span');
    label.className = 'mk-num-text';
    label.textContent = number;
    const box = document.createElement('span');
    box.className = checked ? 'mk-check mk-check-on' : 'mk-check';
    box.setAttribute('role', 'checkbox');
    box.setAttribute('aria-checked', String(checked));
    box.setAttribute('aria-label', `Select row ${number}`);
    const open = document.createElement('span');
    open.className = 'mk-open';
    open.title = 'Open row (Space)';
    open.append(icon('expand', 12));
    this.el.classList.toggle('mk-num-on', checked);
    this.el.replaceChildren(label, box, open);
  }
}
