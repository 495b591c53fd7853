import type { ICellEditorComp } from 'ag-grid-community';
import { softOf } from '@/lib/colors';
import { holds, nameKey } from '@/lib/fold';
import { spelled, writeText } from '@/lib/signs';
import type { CellValue, GridRow } from '../model';
import { parseValue, plainText, writtenText } from '../values';
import { followEntering, nameDialog, printable, type EditorParams, type EntersText } from './editor-params';

/** A value that an editor made itself; a bare string is text to be read by the column's type. */
export class Edited {
  constructor(
    readonly value: CellValue,
    readonly newOptions: string[] = [],
  ) {}
}

/** Keys that end an edit; the arrows do while a value is entered. */
const ends = (e: KeyboardEvent, entering: boolean): boolean =>
  e.key === 'Tab' || (e.key === 'Enter' && !e.altKey) || (entering && e.key.startsWith('Arrow') && !hasModifier(e));
const hasModifier = (e: KeyboardEvent): boolean => e.ctrlKey || e.metaKey || e.altKey || e.shiftKey;

/**
 * The value's text in place of the cell: text, numbers, links. What can't be read stays there, with the reason. A text may have
 * several lines; Alt+Enter makes a new one.
 */
export class InputEditor implements ICellEditorComp<GridRow>, EntersText {
  entering = false;
  private input: HTMLInputElement | HTMLTextAreaElement = document.createElement('input');
  init(params: EditorParams): void {
    const type = params.column_.type;
    if (type === 'text') this.input = linesOf();
    this.input.classList.add('mk-input');
    this.input.setAttribute('aria-label', spelled(params.column_.name));
    if (type === 'number' || type === 'currency' || type === 'percent') this.input.inputMode = 'decimal';
    const typed = printable(params.eventKey);
    this.entering = typed;
    this.input.value = typed ? (params.eventKey ?? '') : writtenText(params.column_, params.value ?? null);
    const start = this.input.value;
    followEntering(this.input, this);
    this.input.addEventListener('input', () => this.input.setCustomValidity(''));
    this.input.addEventListener('keydown', (event) => {
      const e = event as KeyboardEvent; // of an element that is one of two
      if (e.isComposing) return;
      if (e.key === 'Enter' && e.altKey && type === 'text') {
        this.input.setRangeText('\n', this.input.selectionStart ?? 0, this.input.selectionEnd ?? 0, 'end');
        this.input.dispatchEvent(new Event('input'));
        e.preventDefault();
        e.stopPropagation();
        return;
      }
      if (!ends(e, this.entering) || (this.input.value === start && !typed)) return;
      const parsed = parseValue(params.column_, this.input.value);
      if (parsed.ok) return;
      this.input.setCustomValidity(parsed.reason);
      this.input.setAttribute('aria-invalid', 'true');
      this.input.reportValidity();
      e.preventDefault();
      e.stopPropagation();
    });
  }
  getGui(): HTMLElement {
    return this.input;
  }
  afterGuiAttached(): void {
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    this.input.dispatchEvent(new Event('input'));
  }
  getValue(): string {
    return this.input.value;
  }
}

/** A field that is as high as its lines, over the rows below. */
function linesOf(): HTMLTextAreaElement {
  const area = document.createElement('textarea');
  area.className = 'mk-lines';
  area.rows = 1;
  area.addEventListener('input', () => {
    area.style.height = '';
    if (area.scrollHeight > area.clientHeight + 4)
      area.style.height = `${String(Math.min(area.scrollHeight + 2, 240))}px`;
  });
  return area;
}

/** Several lines in a box over the cell. Enter ends, Shift+Enter or Alt+Enter makes a new line. */
export class TextareaEditor implements ICellEditorComp<GridRow>, EntersText {
  entering = false;
  private readonly area = document.createElement('textarea');
  private name = '';
  init(params: EditorParams): void {
    const value = params.value ?? null;
    this.name = params.column_.name;
    this.area.className = 'mk-area';
    this.area.setAttribute('aria-label', spelled(params.column_.name));
    const text = params.column_.type === 'json' && value !== null ? JSON.stringify(value, null, 2) : plainText(value);
    this.entering = printable(params.eventKey);
    followEntering(this.area, this);
    this.area.value = printable(params.eventKey) ? params.eventKey : text;
    this.area.style.width = `${String(Math.max(280, params.column.getActualWidth()))}px`;
    this.area.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter') return;
      if (e.shiftKey || e.altKey) {
        e.stopPropagation();
        if (e.altKey) this.area.setRangeText('\n', this.area.selectionStart, this.area.selectionEnd, 'end');
      }
    });
  }
  getGui(): HTMLElement {
    return this.area;
  }
  isPopup(): boolean {
    return true;
  }
  afterGuiAttached(): void {
    nameDialog(this.area, this.name);
    this.area.focus();
    this.area.setSelectionRange(this.area.value.length, this.area.value.length);
  }
  getValue(): string {
    return this.area.value;
  }
}

/** A list of options with a search line; unknown text becomes a new option. */
export class OptionsEditor implements ICellEditorComp<GridRow> {
  private readonly el = document.createElement('div');
  private readonly search = document.createElement('input');
  private readonly list = document.createElement('div');
  private params!: EditorParams;
  private chosen = new Set<string>();
  private created: string[] = [];
  private at = 0;

  init(params: EditorParams): void {
    this.params = params;
    const value = params.value ?? null;
    this.chosen = new Set((Array.isArray(value) ? value : value === null ? [] : [value]).map(plainText));
    this.el.className = 'mk-options';
    this.search.className = 'mk-options-search';
    this.search.placeholder = 'Find or create an option';
    this.search.setAttribute('aria-label', `Option of ${spelled(params.column_.name)}`);
    this.search.setAttribute('role', 'combobox');
    this.search.setAttribute('aria-expanded', 'true');
    this.search.setAttribute('aria-controls', 'mk-options-list');
    this.search.setAttribute('aria-autocomplete', 'list');
    if (printable(params.eventKey)) this.search.value = params.eventKey;
    this.list.className = 'mk-options-list';
    this.list.id = 'mk-options-list';
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', `Options of ${spelled(params.column_.name)}`);
    if (this.many) this.list.setAttribute('aria-multiselectable', 'true');
    this.el.append(this.search, this.list);
    this.search.addEventListener('input', () => {
      this.at = 0;
      this.paint();
    });
    this.search.addEventListener('keydown', (e) => this.key(e));
    this.paint();
  }
  getGui(): HTMLElement {
    return this.el;
  }
  isPopup(): boolean {
    return true;
  }
  afterGuiAttached(): void {
    nameDialog(this.el, this.params.column_.name);
    this.search.focus();
  }
  getValue(): Edited {
    const names = [...this.chosen];
    const created = this.created.filter((n) => this.chosen.has(n));
    return new Edited(this.many ? (names.length ? names : null) : (names[0] ?? null), created);
  }

  private get many(): boolean {
    return this.params.column_.type === 'multi_select';
  }
  private choices(): { name: string; create: boolean }[] {
    const text = this.search.value.trim();
    const names = [...(this.params.column_.options ?? []).map((o) => o.name), ...this.created];
    const found = names.filter((n) => holds(n, text)).map((name) => ({ name, create: false }));
    const exact = names.some((n) => nameKey(n) === nameKey(text));
    return text && !exact ? [...found, { name: text, create: true }] : found;
  }
  private key(e: KeyboardEvent): void {
    const choices = this.choices();
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      this.at = (this.at + (e.key === 'ArrowDown' ? 1 : choices.length - 1)) % Math.max(1, choices.length);
      this.paint();
    } else if (e.key === 'Enter' || (e.key === 'Tab' && this.search.value !== '')) {
      const choice = choices[this.at];
      if (choice && (this.search.value !== '' || !this.many)) this.choose(choice.name, choice.create);
      if (this.many && this.search.value === '' && choice && e.key === 'Enter' && e.ctrlKey)
        this.choose(choice.name, choice.create);
      return; // the grid ends the edit and moves on
    } else if (e.key === 'Backspace' && this.search.value === '') {
      this.chosen = new Set([...this.chosen].slice(0, -1));
      this.paint();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }
  private choose(name: string, create: boolean): void {
    if (create) this.created.push(name);
    if (this.many && this.chosen.has(name)) this.chosen.delete(name);
    else if (this.many) this.chosen.add(name);
    else this.chosen = new Set([name]);
  }
  private paint(): void {
    const choices = this.choices();
    this.list.replaceChildren(...choices.map((c, i) => this.option(c.name, c.create, i)));
    const current = this.list.children[this.at];
    current?.scrollIntoView({ block: 'nearest' });
    this.search.setAttribute('aria-activedescendant', current?.id ?? '');
  }
  private option(name: string, create: boolean, at: number): HTMLElement {
    const row = document.createElement('div');
    row.id = `mk-option-${String(at)}`;
    row.className = at === this.at ? 'mk-option mk-option-on' : 'mk-option';
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', String(this.chosen.has(name)));
    const soft = softOf(name, this.params.column_.options?.find((o) => o.name === name)?.color);
    const pill = document.createElement('span');
    pill.className = 'mk-pill';
    pill.style.backgroundColor = `var(--soft-${soft})`;
    pill.style.color = `var(--soft-${soft}-ink)`;
    writeText(pill, name);
    if (create) row.append('Create ');
    row.append(pill);
    if (this.chosen.has(name))
      row.append(Object.assign(document.createElement('span'), { className: 'mk-option-tick', textContent: '✓' }));
    row.addEventListener('mousedown', (e) => {
      e.preventDefault();
      e.stopPropagation();
      this.choose(name, create);
      if (this.many) this.paint();
      else this.params.stopEditing();
    });
    return row;
  }
}
