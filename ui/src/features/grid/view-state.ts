import { create } from 'zustand';
import type {
  Aggregate,
  ColourRule,
  Column,
  Filter,
  Group,
  RowHeight,
  SortKey,
  Table,
  View,
  ViewBody,
} from '@/api/types';
import type { ColumnLayout } from '@/grid/events';

/** What the grid shows of a table: a saved view, with changes that are not saved yet. */
export interface ViewState {
  viewId: string | null;
  filter: Filter | null;
  sort: SortKey[];
  layout: ColumnLayout[];
  rowHeight: RowHeight;
  groups: Group[];
  aggregates: Aggregate[];
  colours: ColourRule[];
  q: string;
}

export const ROW_HEIGHTS: Record<RowHeight, number> = { short: 32, medium: 52, tall: 88 };

/**
 * The layout with every column of the schema once: those it doesn't know yet come last, shown; those that are gone are left out.
 * Where nothing is laid out, the first column is frozen: it names the row. The next one is when it is deleted.
 */
export function layoutOf(columns: readonly Column[], view: Pick<View, 'columns'> | undefined): ColumnLayout[] {
  const known = new Map(columns.map((c) => [c.id, c]));
  const all = view?.columns ?? [];
  const listed = all.filter((c) => known.has(c.id));
  const rest = columns.filter((c) => !listed.some((l) => l.id === c.id));
  const layout: ColumnLayout[] = [
    ...listed.map((c) => ({
      id: c.id,
      hidden: c.hidden ?? false,
      pinned: Boolean(c.pinned),
      ...(c.width ? { width: c.width } : {}),
    })),
    ...rest.map((c) => ({ id: c.id, hidden: false, pinned: false })),
  ];
  const [first] = layout;
  const gone = all[0]?.pinned === true && !known.has(all[0].id);
  if (first && (listed.length === 0 || (gone && !layout.some((l) => l.pinned)))) first.pinned = true;
  return layout;
}

export function stateOfView(table: Table, view: View | undefined): ViewState {
  const height = view?.row_height;
  const there = new Set(table.columns.map((c) => c.id));
  return {
    viewId: view?.id ?? null,
    filter: view?.filter ?? null,
    sort: view?.sort ?? [],
    layout: layoutOf(table.columns, view),
    rowHeight: height === 'medium' || height === 'tall' ? height : 'short',
    groups: (view?.groups ?? []).filter((g) => there.has(g.column)),
    aggregates: (view?.aggregates ?? []).filter((a) => there.has(a.column)),
    colours: (view?.colours ?? []).filter((r) => !r.column || there.has(r.column)),
    q: '',
  };
}

/** The body that saves the state into a view. */
export function viewBody(state: ViewState): Omit<ViewBody, 'name'> {
  return {
    ...(state.filter ? { filter: state.filter } : {}),
    sort: state.sort,
    columns: state.layout.map((l) => ({
      id: l.id,
      hidden: l.hidden,
      pinned: l.pinned,
      ...(l.width ? { width: l.width } : {}),
    })),
    row_height: state.rowHeight,
    groups: state.groups,
    aggregates: state.aggregates,
    colours: state.colours,
  };
}

function comparable(state: ViewState): string {
  return JSON.stringify([
    state.filter,
    state.sort,
    state.rowHeight,
    state.groups.map((g) => [g.column, g.dir, g.unit ?? '']),
    state.aggregates.map((a) => [a.column, a.of]),
    state.colours.map((r) => [r.column ?? '', r.colour, r.when]),
    state.layout.map((l) => [l.id, l.hidden, l.pinned, l.width ?? 0]),
  ]);
}
export function isDirty(table: Table, state: ViewState): boolean {
  const view = table.views?.find((v) => v.id === state.viewId);
  const now = { ...state, layout: layoutOf(table.columns, { columns: state.layout }) };
  return comparable(now) !== comparable(stateOfView(table, view));
}

interface Store {
  byTable: Record<string, ViewState>;
  set: (table: string, state: ViewState) => void;
  change: (table: string, change: Partial<ViewState>) => void;
}

export const useViews = create<Store>()((set) => ({
  byTable: {},
  set: (table, state) => set((s) => ({ byTable: { ...s.byTable, [table]: state } })),
  change: (table, change) =>
    set((s) => {
      const now = s.byTable[table];
      return now ? { byTable: { ...s.byTable, [table]: { ...now, ...change } } } : s;
    }),
}));
