import { partsOfError } from '@/lib/cell-error';
import { softOf } from '@/lib/colors';
import { clockTime } from '@/lib/format';
import { spelled, writeText } from '@/lib/signs';
import { cutExtension } from '../typed/contact';
import { isNumeric, type CellState, type CellValue, type Column, type GridRow } from '../model';
import { formatValue, plainText } from '../values';

/** Fills a cell's element. Plain DOM, because a scroll paints hundreds of cells a frame. */
export function paintCell(el: HTMLElement, column: Column, row: GridRow, value: CellValue): void {
  el.className = 'mk-cell';
  el.replaceChildren();
  el.removeAttribute('aria-description');
  const state = row.states[column.id];
  if (state && paintState(el, state, value)) return;
  if (column.id in row.pending) el.classList.add('mk-pending');
  if (state?.state === 'stale') el.classList.add('mk-stale');
  if (state?.state === 'unverified' && value !== null) {
    el.classList.add('mk-unverified');
    const told = state.confidence === undefined ? '' : `, ${String(Math.round(state.confidence * 100))} % sure`;
    el.setAttribute('aria-description', `Not verified${told}`);
  }
  if (column.type === 'boolean') {
    paintBoolean(el, value === true);
    return;
  }
  if (value === null) return;
  paintValue(el, column, value);
}

function paintValue(el: HTMLElement, column: Column, value: CellValue): void {
  switch (column.type) {
    case 'select':
      el.append(pill(column, plainText(value)));
      return;
    case 'multi_select':
      for (const name of Array.isArray(value) ? value : [value]) el.append(pill(column, plainText(name)));
      return;
    case 'url':
    case 'email':
    case 'phone':
      el.append(link(column.type, plainText(value)));
      return;
    case 'json':
      el.classList.add('mk-code');
      el.append(textNode(plainText(value)));
      return;
    default:
      if (isNumeric(column.type)) el.classList.add('mk-number');
      el.append(textNode(formatValue(column, value)));
  }
}

function textNode(text: string): HTMLElement {
  const span = document.createElement('span');
  span.className = 'mk-text';
  writeText(span, text.length > 400 ? text.slice(0, 400) : text);
  return span;
}

function pill(column: Column, name: string): HTMLElement {
  const span = document.createElement('span');
  const option = column.options?.find((o) => o.name === name);
  span.className = 'mk-pill';
  const soft = softOf(name, option?.color);
  span.style.backgroundColor = `var(--soft-${soft})`;
  span.style.color = `var(--soft-${soft}-ink)`;
  writeText(span, name);
  return span;
}

/** What a cell's link leads to. A telephone is told the digits, and the extension as RFC 3966 writes it. */
function targetOf(type: 'url' | 'email' | 'phone', text: string): string {
  if (type === 'email') return `mailto:${text}`;
  if (type === 'url') return /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const { number, extension } = cutExtension(text);
  const dialled = number.startsWith('+') ? number.replace('(0)', '') : number;
  return `tel:${dialled.replace(/[^0-9+*#]/g, '')}${extension === '' ? '' : `;ext=${extension}`}`;
}

/** A link only for what is safe to open: http(s), mail and telephone. */
function link(type: 'url' | 'email' | 'phone', text: string): HTMLElement {
  const target = targetOf(type, text);
  const a = document.createElement('a');
  a.className = 'mk-text mk-link';
  writeText(a, type === 'url' ? text.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, '') : text);
  if (type === 'url' && !/^https?:\/\/[^\s]+\.[^\s]+/i.test(target)) return textNode(text);
  a.href = target;
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  a.tabIndex = -1;
  return a;
}

function paintBoolean(el: HTMLElement, on: boolean): void {
  el.classList.add('mk-center');
  const box = document.createElement('span');
  box.className = on ? 'mk-check mk-check-on' : 'mk-check';
  box.setAttribute('role', 'checkbox');
  box.setAttribute('aria-checked', String(on));
  box.setAttribute('aria-label', on ? 'Yes' : 'No');
  el.append(box);
}

const busy: Partial<Record<CellState['state'], string>> = {
  queued: 'Queued',
  running: 'Running',
  retrying: 'Retrying',
  rate_limited: 'Rate limited',
  awaiting_callback: 'Waiting for an answer',
};

/** Paints the states that stand in the place of a value; returns whether it did. */
function paintState(el: HTMLElement, state: CellState, value: CellValue): boolean {
  const label = busy[state.state];
  if (label !== undefined) {
    const mark = document.createElement('span');
    mark.className = state.state === 'queued' || state.state === 'rate_limited' ? 'mk-dot' : 'mk-spin';
    const text = document.createElement('span');
    text.className = 'mk-quiet';
    text.textContent = state.until ? `Rate limited until ${clockTime(state.until)}` : label;
    if (state.message) text.title = spelled(state.message);
    el.append(mark, text);
    return true;
  }
  if (state.state === 'error') {
    el.classList.add('mk-error');
    if (value !== null) return false;
    const text = document.createElement('span');
    text.className = 'mk-text mk-error-text';
    writeText(text, state.message ? partsOfError(state.message).text : 'Error');
    el.append(text);
    return true;
  }
  if (state.state === 'skipped' && value === null) {
    const text = document.createElement('span');
    text.className = 'mk-quiet';
    text.textContent = 'Skipped';
    el.append(text);
    return true;
  }
  return false;
}
