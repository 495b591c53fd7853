import { momentIn } from '../typed/times';
import { workspaceZone } from '../typed/zone';
import './calendar.css';

/** The day of a canonical date or time, as a date in UTC. */
export const dayOf = (iso: string): Date => new Date(`${iso.slice(0, 10)}T00:00:00Z`);
export const isoOf = (day: Date): string => day.toISOString().slice(0, 10);

const DAY = 86_400_000;
const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const whole = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeZone: 'UTC' });
const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];

/**
 * A month of days, of which one can be chosen: the arrows go by day and week, Page Up and Page Down by month, with Shift by year,
 * Home and End to the week's ends.
 */
export class Calendar {
  readonly el = document.createElement('div');
  private readonly title = document.createElement('span');
  private readonly days = document.createElement('div');
  private at = new Date();
  private chosen = '';

  constructor(
    private readonly pick: (day: Date) => void,
    private readonly leave: () => void,
  ) {
    this.el.className = 'mk-calendar';
    const head = document.createElement('div');
    head.className = 'mk-calendar-head';
    this.title.setAttribute('aria-live', 'polite');
    head.append(this.step('Previous month', '‹', -1), this.title, this.step('Next month', '›', 1));
    this.days.className = 'mk-calendar-days';
    this.days.setAttribute('role', 'grid');
    this.days.addEventListener('keydown', (e) => this.key(e));
    this.el.append(head, this.days);
    this.el.addEventListener('mousedown', (e) => e.preventDefault());
  }
  /** Shows the month of a day; chosen says that it is the value. */
  show(day: Date, chosen: boolean): void {
    this.at = dayOf(isoOf(day));
    this.chosen = chosen ? isoOf(day) : '';
    this.paint();
  }
  focus(): void {
    this.days.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  private step(label: string, sign: string, by: number): HTMLElement {
    const b = Object.assign(document.createElement('button'), { type: 'button', textContent: sign });
    b.setAttribute('aria-label', label);
    b.tabIndex = -1;
    b.addEventListener('click', () => this.go(months(this.at, by), false));
    return b;
  }
  private go(day: Date, focus: boolean): void {
    const year = day.getUTCFullYear();
    if (Number.isNaN(day.getTime()) || year < 1 || year > 9999) return;
    this.at = day;
    this.paint();
    if (focus) this.focus();
  }
  private key(e: KeyboardEvent): void {
    const weekday = (this.at.getUTCDay() + 6) % 7;
    const to: Partial<Record<string, Date>> = {
      ArrowLeft: days(this.at, -1),
      ArrowRight: days(this.at, 1),
      ArrowUp: days(this.at, -7),
      ArrowDown: days(this.at, 7),
      Home: days(this.at, -weekday),
      End: days(this.at, 6 - weekday),
      PageUp: months(this.at, e.shiftKey ? -12 : -1),
      PageDown: months(this.at, e.shiftKey ? 12 : 1),
    };
    const next = to[e.key];
    if (next) this.go(next, true);
    else if (e.key === 'Enter' || e.key === ' ') this.pick(this.at);
    else if (e.key === 'Tab') this.leave();
    else return; // Escape is the grid's
    e.preventDefault();
    e.stopPropagation();
  }
  private paint(): void {
    this.title.textContent = month.format(this.at);
    this.days.setAttribute('aria-label', month.format(this.at));
    const first = new Date(Date.UTC(this.at.getUTCFullYear(), this.at.getUTCMonth(), 1));
    first.setUTCFullYear(this.at.getUTCFullYear());
    const start = days(first, -((first.getUTCDay() + 6) % 7));
    const rows = Array.from({ length: 6 }, (_, w) =>
      line(Array.from({ length: 7 }, (__, d) => this.day(days(start, w * 7 + d)))),
    );
    const names = WEEKDAYS.map((name) => Object.assign(document.createElement('span'), { textContent: name }));
    names.forEach((n) => n.setAttribute('role', 'columnheader'));
    this.days.replaceChildren(line(names), ...rows);
  }
  private day(day: Date): HTMLElement {
    const b = Object.assign(document.createElement('button'), {
      type: 'button',
      textContent: String(day.getUTCDate()),
    });
    const iso = isoOf(day);
    b.setAttribute('role', 'gridcell');
    b.setAttribute('aria-label', whole.format(day));
    b.setAttribute('aria-selected', String(iso === this.chosen));
    b.tabIndex = iso === isoOf(this.at) ? 0 : -1;
    if (iso === today()) b.setAttribute('aria-current', 'date');
    if (day.getUTCMonth() !== this.at.getUTCMonth()) b.className = 'mk-calendar-other';
    b.addEventListener('click', () => this.pick(day));
    return b;
  }
}

/** The day that it is in the workspace's zone. */
export const today = (): string => momentIn(Date.now(), workspaceZone()).slice(0, 10);

function line(cells: HTMLElement[]): HTMLElement {
  const row = document.createElement('div');
  row.setAttribute('role', 'row');
  row.append(...cells);
  return row;
}
const days = (d: Date, n: number): Date => new Date(d.getTime() + n * DAY);
/** The same day some months on, or the last day of a shorter month. */
function months(d: Date, n: number): Date {
  const to = new Date(d.getTime());
  to.setUTCDate(1);
  to.setUTCMonth(to.getUTCMonth() + n);
  const last = new Date(to.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  to.setUTCDate(Math.min(d.getUTCDate(), last.getUTCDate()));
  return to;
}
