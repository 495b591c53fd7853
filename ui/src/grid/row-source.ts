import type { IGetRowsParams } from 'ag-grid-community';
import { Observable } from '@/lib/emitter';
import { showWaiting } from './edit-port';
import type { GridSource } from './events';
import type { CellChange, GridRow } from './model';
import type { RowCache } from './row-cache';

export interface RowSourceHost {
  cache: RowCache;
  source: Pick<GridSource, 'window'>;
  /** Edits that the server may not have yet. */
  waiting: () => readonly CellChange[];
  /** Rows were read. */
  arrived: () => void;
}

/** Gives AG Grid its rows: from the cache what it holds, from the server what it lacks. */
export class RowSource {
  readonly rowCount: Observable<number>;
  /** Where there are no rows, none are asked for. */
  readonly loading: Observable<boolean>;
  readonly loadError = new Observable<unknown>(null);
  private generation = 0;

  constructor(
    private readonly host: RowSourceHost,
    rows: number,
  ) {
    this.rowCount = new Observable(rows);
    this.loading = new Observable(rows > 0);
  }

  /** The order or the selection of rows is another one: answers that are under way no longer count. */
  forgetOrder(): void {
    this.host.cache.clearOrder();
    this.generation++;
  }

  async getRows(params: IGetRowsParams<GridRow>): Promise<void> {
    const { startRow } = params;
    const end = Math.min(params.endRow, this.rowCount.get());
    if (end <= startRow) {
      this.loading.set(false);
      params.successCallback([], this.rowCount.get());
      return;
    }
    const held = this.held(startRow, end);
    if (held) {
      params.successCallback(held, this.rowCount.get());
      return;
    }
    const generation = this.generation;
    try {
      const { rows, position } = await this.host.source.window(startRow, params.endRow - startRow);
      if (generation !== this.generation) {
        params.failCallback();
        return;
      }
      const merged = this.host.cache.putWindow(startRow, rows, position);
      showWaiting(this.host.cache, merged, this.host.waiting());
      if (rows.length < end - startRow) this.rowCount.set(startRow + rows.length);
      this.loadError.set(null);
      this.loading.set(false);
      params.successCallback(merged, this.rowCount.get());
      this.host.arrived();
    } catch (error) {
      this.loading.set(false);
      this.loadError.set(error);
      params.failCallback();
    }
  }

  /** The rows of the window if the cache holds all of them. */
  private held(start: number, end: number): GridRow[] | null {
    const held: GridRow[] = [];
    for (let i = start; i < end; i++) {
      const row = this.host.cache.at(i);
      if (!row) return null;
      held.push(row);
    }
    return held;
  }
}
