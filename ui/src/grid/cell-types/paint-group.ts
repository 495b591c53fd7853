import type { GridContext } from '../context';
import { count } from '@/lib/format';
import { icon } from '../icons';
import type { Column, GridRow, GroupLine } from '../model';
import { paintCell } from './paint';

interface Params {
  column_: Column;
  context: GridContext;
  data?: GridRow | undefined;
}

/** Fills a cell of a group's line: in the first column its name and number of rows, in the others what its rows come to. */
export function paintGroup(el: HTMLElement, params: Params, group: GroupLine): void {
  const { column_: column, context, data } = params;
  el.replaceChildren();
  el.removeAttribute('aria-description');
  const sum = group.aggregates[column.id];
  if (!context.isFirst(column.id)) {
    el.className = 'mk-cell mk-group-sum mk-number';
    if (sum) el.append(span('mk-text', sum));
    return;
  }
  el.className = 'mk-cell mk-group';
  el.style.paddingLeft = '';
  const toggle = document.createElement('button');
  toggle.type = 'button';
  toggle.tabIndex = -1;
  toggle.className = 'mk-group-toggle';
  toggle.style.marginLeft = `${String(group.level * INDENT)}px`;
  toggle.setAttribute('aria-expanded', String(group.open));
  toggle.setAttribute('aria-label', group.open ? 'Close the group' : 'Open the group');
  toggle.append(icon('chevron', 14));
  toggle.addEventListener('click', () => data && context.toggleGroup(data.id));
  el.append(toggle, name(group), span('mk-group-count', count(group.count)));
  if (sum) el.append(span('mk-quiet', sum));
}
const INDENT = 16;

function name(group: GroupLine): HTMLElement {
  if (group.label !== null) return span('mk-text', group.label);
  if (group.value === null) return span('mk-text mk-quiet', '(empty)');
  const el = document.createElement('div');
  const row: GridRow = {
    id: '',
    cells: {},
    states: {},
    positions: {},
    pending: {},
    version: 0,
    read: 0,
    created_at: '',
    updated_at: '',
  };
  paintCell(el, group.column, row, group.value);
  el.className = 'mk-group-value';
  return el;
}

function span(className: string, text: string): HTMLElement {
  const el = document.createElement('span');
  el.className = className;
  el.textContent = text;
  return el;
}
