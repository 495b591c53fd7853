import type { Found } from '@/api/types';
import type { Place } from '@/grid/range';
import type { FindFrom } from './api/find';

/** A cell that was found: its row in the order of the view, and its number among all matches, from 1. */
export interface FoundCell {
  row: number;
  columnId: string;
  number: number;
}
export interface FindStep {
  cell: FoundCell | null;
  cells: number;
}

export type Direction = 'next' | 'previous';

/** Goes from match to match of one search, over the end to the start. The server looks; here cells are put in the order of the screen. */
export class FindSession {
  constructor(
    private readonly ask: (at: FindFrom) => Promise<Found>,
    /** The columns as they lie on the screen. */
    private readonly columns: () => readonly string[],
  ) {}

  /** The first match from a place on, or after it. */
  async step(from: Place, direction: Direction, withPlace: boolean): Promise<FindStep> {
    const backwards = direction === 'previous';
    const near = await this.ask({ from: from.row, backwards, limit: 2 });
    const beyond = this.cells(near, backwards).find((c) => this.isBeyond(c, from, backwards, withPlace));
    if (beyond || near.cells === 0) return { cell: beyond ?? null, cells: near.cells };
    const around = await this.ask({ from: backwards ? Number.MAX_SAFE_INTEGER : 0, backwards, limit: 1 });
    return { cell: this.cells(around, backwards)[0] ?? null, cells: around.cells };
  }

  private cells(found: Found, backwards: boolean): FoundCell[] {
    const order = this.columns();
    return found.hits.flatMap((hit) => {
      const ids = [...hit.columns].sort((a, b) => order.indexOf(a) - order.indexOf(b));
      const cells = ids.map((columnId, i) => ({ row: hit.place, columnId, number: hit.first + i }));
      return backwards ? cells.reverse() : cells;
    });
  }
  private isBeyond(cell: FoundCell, from: Place, backwards: boolean, withPlace: boolean): boolean {
    const ahead = cell.row - from.row || this.columns().indexOf(cell.columnId) - from.col;
    return ahead === 0 ? withPlace : backwards ? ahead < 0 : ahead > 0;
  }
}
