import type { IHeaderComp, IHeaderParams } from 'ag-grid-community';
import { spelled, writeText } from '@/lib/signs';
import type { GridContext } from '../context';
import { icon, typeIcon } from '../icons';
import { isNumeric, type Column, type GridRow } from '../model';

type Params = IHeaderParams<GridRow, GridContext> & { column_: Column };

/** Type icon, name, sort mark and the menu of a column. */
export class ColumnHeader implements IHeaderComp {
  private readonly el = document.createElement('div');
  private readonly sort = document.createElement('span');
  private readonly run = document.createElement('span');
  private params!: Params;
  private unsubscribe: (() => void) | undefined;

  init(params: Params): void {
    this.params = params;
    const { column_: column, context } = params;
    this.el.className = isNumeric(column.type) ? 'mk-head mk-head-number' : 'mk-head';
    const type = document.createElement('span');
    type.className = column.kind === 'enrichment' ? 'mk-head-type mk-head-spark' : 'mk-head-type';
    const byKind = { enrichment: 'spark', formula: 'formula', lookup: 'lookup', data: '' }[column.kind];
    type.append(byKind ? icon(byKind) : typeIcon(column.type));
    const name = document.createElement('span');
    name.className = 'mk-head-name';
    writeText(name, column.name);
    const title = spelled(column.name);
    const about = [column.description, column.note?.text].filter(Boolean).join('\n');
    name.title = about ? `${title}\n${about.split('\n').map(spelled).join('\n')}` : title;
    if (column.note?.problem) this.el.classList.add('mk-head-problem');
    this.sort.className = 'mk-head-sort';
    const menu = document.createElement('button');
    menu.type = 'button';
    menu.className = 'mk-head-menu';
    menu.tabIndex = -1;
    menu.setAttribute('aria-label', `Menu of ${title}`);
    menu.setAttribute('aria-haspopup', 'menu');
    menu.append(icon('chevron'));
    menu.addEventListener('click', (e) => {
      e.stopPropagation();
      context.openColumnMenu(column.id, this.el.getBoundingClientRect());
    });
    this.run.className = 'mk-head-run';
    this.run.hidden = true;
    this.el.append(type, name, this.sort, this.run, menu);
    this.unsubscribe = context.progress.subscribe(this.paintRun);
    this.paintRun();
    this.el.addEventListener('click', (e) => context.selectColumn(column.id, e.shiftKey));
    this.el.addEventListener('dblclick', () => context.renameColumn(column.id));
    this.el.addEventListener('contextmenu', (e) => {
      e.preventDefault();
      context.openColumnMenu(column.id, this.el.getBoundingClientRect());
    });
    params.eGridHeader.addEventListener('keydown', this.onKey);
    this.paintSort();
  }
  private readonly onKey = (e: KeyboardEvent): void => {
    if (e.key === 'Enter' || (e.key === 'ArrowDown' && e.altKey)) {
      e.preventDefault();
      this.params.context.openColumnMenu(this.params.column_.id, this.el.getBoundingClientRect());
    }
  };
  private readonly paintRun = (): void => {
    const share = this.params.context.progress.get().get(this.params.column_.id);
    this.run.hidden = share === undefined;
    if (share === undefined) return;
    const percent = `${String(Math.floor(100 * share))} %`;
    this.run.textContent = percent;
    this.run.title = `Running: ${percent}`;
    this.run.style.setProperty('--mk-done', percent.replace(' ', ''));
  };
  getGui(): HTMLElement {
    return this.el;
  }
  refresh(params: Params): boolean {
    return params.column_ === this.params.column_;
  }
  destroy(): void {
    this.unsubscribe?.();
    this.params.eGridHeader.removeEventListener('keydown', this.onKey);
  }
  private paintSort(): void {
    const sort = this.params.context.sortOf(this.params.column_.id);
    if (!sort) return;
    this.sort.append(icon(sort.dir === 'asc' ? 'up' : 'down', 12));
    if (sort.of > 1) this.sort.append(String(sort.index + 1));
    this.sort.setAttribute('aria-label', `Sorted ${sort.dir === 'asc' ? 'ascending' : 'descending'}`);
  }
}

/** The checkbox over the row numbers: all rows of the view. */
export class NumberHeader implements IHeaderComp {
  private readonly el = document.createElement('div');
  init(params: IHeaderParams<GridRow, GridContext>): void {
    this.el.className = 'mk-num mk-num-head';
    const box = document.createElement('span');
    const on = params.context.allChecked();
    box.className = on ? 'mk-check mk-check-on' : 'mk-check';
    box.setAttribute('role', 'checkbox');
    box.setAttribute('aria-checked', String(on));
    box.setAttribute('aria-label', 'Select all rows');
    this.el.append(box);
    this.el.addEventListener('click', () => params.context.setAllChecked(!params.context.allChecked()));
  }
  getGui(): HTMLElement {
    return this.el;
  }
  refresh(): boolean {
    return false;
  }
}

/** The button after the last column that adds one. */
export class AddHeader implements IHeaderComp {
  private readonly el = document.createElement('button');
  init(params: IHeaderParams<GridRow, GridContext>): void {
    this.el.type = 'button';
    this.el.className = 'mk-add';
    this.el.setAttribute('aria-label', 'Add a column');
    this.el.title = 'Add a column';
    this.el.append(icon('plus', 16));
    this.el.addEventListener('click', () => params.context.addColumn(this.el.getBoundingClientRect()));
  }
  getGui(): HTMLElement {
    return this.el;
  }
  refresh(): boolean {
    return true;
  }
}
