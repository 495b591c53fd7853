import type { Filter, RestoredTo, Tick, Timeline } from '@/api/types';
import { dateTime } from '@/lib/format';

/** A place on the slider: the table's beginning, or what was after a tick. */
export interface Stop {
  asOf: string;
  at: string;
  label: string;
  kind: Tick['kind'] | 'begin';
}

/** The places of the slider, from the table's beginning to now. */
export function stops(line: Timeline): Stop[] {
  const begin: Stop = {
    asOf: String(line.begin.position),
    at: line.begin.at,
    label: 'The table is made',
    kind: 'begin',
  };
  return [begin, ...line.ticks.map((t) => ({ asOf: String(t.position), at: t.at, label: said(t), kind: t.kind }))];
}

const KINDS: Record<Tick['kind'], [one: string, many: string]> = {
  edit: ['Edit', 'edits'],
  import: ['Import', 'imports'],
  run: ['Enrichment', 'enrichments'],
  structure: ['Change of columns', 'changes of columns'],
  undo: ['Undo', 'undos'],
  restore: ['Restore', 'restores'],
};

function said(t: Tick): string {
  const [one, many] = KINDS[t.kind];
  const what = t.steps > 1 ? `${String(t.steps)} ${many}` : (t.label ?? '') || one;
  return t.name ? `${what} · ${t.name}` : what;
}

/** The last place at or before a moment, which is a position or a time. */
export function stopAt(list: readonly Stop[], asOf: string): number {
  const time = /^\d+$/.test(asOf) ? null : Date.parse(asOf);
  let found = 0;
  list.forEach((s, i) => {
    const before = time === null ? Number(s.asOf) <= Number(asOf) : Date.parse(s.at) <= time;
    if (before) found = i;
  });
  return found;
}

/** What is read out and shown of a place. */
export function described(stop: Stop | undefined): string {
  return stop ? `${dateTime(stop.at)} · ${stop.label}` : '';
}

/** Whether a filter asks for columns that are there. */
export function fits(filter: Filter | null, there: ReadonlySet<string>): boolean {
  if (filter === null) return true;
  if ('and' in filter) return filter.and.every((f) => fits(f, there));
  if ('or' in filter) return filter.or.every((f) => fits(f, there));
  return there.has(filter.column);
}

export type RestoreSum = Pick<RestoredTo, 'cells' | 'rows_restored' | 'rows_deleted' | 'rows_gone' | 'refused'> & {
  misfits: NonNullable<RestoredTo['misfits']>;
  more: boolean;
};
export const NOTHING: RestoreSum = {
  cells: 0,
  rows_restored: 0,
  rows_deleted: 0,
  rows_gone: 0,
  refused: 0,
  misfits: [],
  more: false,
};

function added(sum: RestoreSum, part: RestoredTo): RestoreSum {
  return {
    cells: sum.cells + part.cells,
    rows_restored: sum.rows_restored + part.rows_restored,
    rows_deleted: sum.rows_deleted + part.rows_deleted,
    rows_gone: sum.rows_gone + part.rows_gone,
    refused: sum.refused + part.refused,
    misfits: [...sum.misfits, ...(part.misfits ?? [])].slice(0, 5),
    more: part.next !== undefined,
  };
}

/** Calls until nothing is left or it is stopped; tells what there is so far after each call. */
export async function restoreAll(
  call: (after: RestoredTo['next']) => Promise<RestoredTo>,
  progress: (sum: RestoreSum) => void,
  isStopped: () => boolean,
): Promise<RestoreSum> {
  let sum = NOTHING;
  let after: RestoredTo['next'];
  do {
    const part = await call(after);
    after = part.next;
    sum = added(sum, part);
    progress(sum);
  } while (after !== undefined && !isStopped());
  return sum;
}

/** What a restore does or has done, in words. */
export function summed(sum: RestoreSum): string[] {
  const n = (count: number, one: string): string =>
    `${sum.more ? 'at least ' : ''}${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
  return [
    sum.cells ? `${n(sum.cells, 'cell')} set to what ${sum.cells === 1 ? 'it was' : 'they were'}` : '',
    sum.rows_restored ? `${n(sum.rows_restored, 'row')} back from the trash` : '',
    sum.rows_deleted ? `${n(sum.rows_deleted, 'row')} that came later to the trash` : '',
  ].filter(Boolean);
}
