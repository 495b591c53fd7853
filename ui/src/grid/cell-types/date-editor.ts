import type { ICellEditorComp } from 'ag-grid-community';
import { spelled } from '@/lib/signs';
import type { GridRow } from '../model';
import { parseValue, writtenText } from '../values';
import { Calendar, dayOf, isoOf, today } from './calendar';
import { nameDialog, printable, type EditorParams } from './editor-params';

/**
 * A line of text that takes every written form of a date, and a calendar below it. What can't be read stays where it is, with
 * the reason; the cell keeps its value. Arrow down goes into the calendar, Escape leaves the cell as it was.
 */
export class DateEditor implements ICellEditorComp<GridRow> {
  private readonly el = document.createElement('div');
  private readonly input = document.createElement('input');
  private readonly said = document.createElement('p');
  private params!: EditorParams;
  private calendar!: Calendar;
  private typed = false;

  init(params: EditorParams): void {
    this.params = params;
    this.el.className = 'mk-date';
    this.input.className = 'mk-options-search';
    this.input.type = 'text';
    this.input.autocomplete = 'off';
    this.input.placeholder = params.column_.type === 'date' ? '2026-03-31' : '2026-03-31 14:05';
    this.input.setAttribute('aria-label', spelled(params.column_.name));
    this.input.setAttribute('aria-describedby', 'mk-date-said');
    this.said.id = 'mk-date-said';
    this.said.className = 'mk-date-said';
    this.said.setAttribute('role', 'status');
    this.typed = printable(params.eventKey);
    this.input.value = this.typed ? (params.eventKey ?? '') : writtenText(params.column_, params.value ?? null);
    this.calendar = new Calendar(
      (day) => this.pick(day),
      () => this.input.focus(),
    );
    this.el.append(this.input, this.said, this.calendar.el);
    this.input.addEventListener('input', () => this.look(false));
    this.input.addEventListener('keydown', (e) => this.key(e));
    this.look(false);
  }
  getGui(): HTMLElement {
    return this.el;
  }
  isPopup(): boolean {
    return true;
  }
  afterGuiAttached(): void {
    nameDialog(this.el, this.params.column_.name);
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }
  getValue(): string {
    return this.input.value;
  }

  private key(e: KeyboardEvent): void {
    if (e.key === 'ArrowDown') {
      this.calendar.focus();
    } else if ((e.key !== 'Enter' && e.key !== 'Tab') || this.look(true)) return; // the grid ends the edit and moves on
    e.preventDefault();
    e.stopPropagation();
  }
  /** Shows how the text is read; true if it is. A reason not to is told at the end of typing only. */
  private look(ended: boolean): boolean {
    const parsed = parseValue(this.params.column_, this.input.value);
    const read = parsed.ok && typeof parsed.value === 'string' ? parsed.value : '';
    if (read) this.calendar.show(dayOf(read), true);
    else this.calendar.show(dayOf(today()), false);
    this.input.setAttribute('aria-invalid', String(ended && !parsed.ok));
    this.said.classList.toggle('mk-date-wrong', ended && !parsed.ok);
    this.said.textContent = parsed.ok ? read : ended ? parsed.reason : '';
    return parsed.ok;
  }
  private pick(day: Date): void {
    const time = /[T ](\d.*)$/.exec(this.current())?.[1];
    const withTime = this.params.column_.type === 'datetime' && time;
    this.input.value = withTime ? `${isoOf(day)} ${time}` : isoOf(day);
    if (this.params.column_.type === 'date') this.params.stopEditing();
    else {
      this.input.focus();
      this.look(false);
    }
  }
  private current(): string {
    const parsed = parseValue(this.params.column_, this.input.value);
    return parsed.ok && typeof parsed.value === 'string' ? parsed.value : '';
  }
}
