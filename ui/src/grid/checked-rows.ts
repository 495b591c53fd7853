import { Observable } from '@/lib/emitter';

/** Rows selected at their number: single ones, stretches with Shift, or all of the view. */
export class CheckedRows {
  readonly count = new Observable(0);
  private ids = new Set<string>();
  private last = -1;
  all = false;

  constructor(
    private readonly changed: () => void,
    private readonly idAt: (index: number) => string | undefined,
  ) {}

  has(id: string): boolean {
    return this.all || this.ids.has(id);
  }
  list(): string[] {
    return [...this.ids];
  }
  toggle(id: string, index: number, extend: boolean): void {
    this.all = false;
    if (extend && this.last >= 0) {
      this.addRange(Math.min(this.last, index), Math.max(this.last, index));
      return;
    }
    if (!this.ids.delete(id)) this.ids.add(id);
    this.last = index;
    this.publish();
  }
  addRange(from: number, to: number): void {
    for (let i = from; i <= to; i++) {
      const id = this.idAt(i);
      if (id) this.ids.add(id);
    }
    this.publish();
  }
  setAll(on: boolean): void {
    this.all = on;
    this.ids.clear();
    this.publish();
  }
  private publish(): void {
    this.count.set(this.all ? Infinity : this.ids.size);
    this.changed();
  }
}
