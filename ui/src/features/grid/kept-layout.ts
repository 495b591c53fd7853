import { useLayoutEffect, useRef } from 'react';
import type { Table } from '@/api/types';
import type { ColumnLayout } from '@/grid/events';
import { useSession } from '@/lib/session';
import { store, stored } from '@/lib/storage';
import { layoutOf, stateOfView, useViews, type ViewState } from './view-state';

/** A person's own widths, order, pins and hidden columns of a view; null if there are none, or none that can be read. */
export function keptLayout(key: string): ColumnLayout[] | null {
  try {
    const read: unknown = JSON.parse(stored(key) ?? 'null');
    return Array.isArray(read) && read.every(isLayout) ? read : null;
  } catch {
    return null;
  }
}
function isLayout(value: unknown): value is ColumnLayout {
  if (typeof value !== 'object' || value === null || !('id' in value && 'hidden' in value && 'pinned' in value))
    return false;
  const flags = typeof value.hidden === 'boolean' && typeof value.pinned === 'boolean';
  return typeof value.id === 'string' && flags && (!('width' in value) || typeof value.width === 'number');
}

/** Keeps a layout that differs from the view's; one that does not is forgotten. */
export function keepLayout(key: string, layout: readonly ColumnLayout[], ofView: readonly ColumnLayout[]): void {
  store(key, comparable(layout) === comparable(ofView) ? null : JSON.stringify(layout));
}
const comparable = (layout: readonly ColumnLayout[]): string =>
  JSON.stringify(layout.map((l) => [l.id, l.hidden, l.pinned, l.width ?? 0]));

/** Brings a person's own layout of the view back when it is opened, and keeps it at each change, in this browser. */
export function useKeptLayout(table: Table | undefined, state: ViewState | undefined): void {
  const user = useSession((s) => s.user?.id ?? '');
  const change = useViews((s) => s.change);
  const opened = useRef<string | null>(null);
  const key = table && state ? `morket.layout.${user}.${table.id}.${state.viewId ?? ''}` : null;
  useLayoutEffect(() => {
    if (!key || !table || !state) return;
    if (opened.current !== key) {
      opened.current = key;
      const kept = keptLayout(key);
      if (kept) {
        change(table.id, { layout: layoutOf(table.columns, { columns: kept }) });
        return;
      }
    }
    const view = table.views?.find((v) => v.id === state.viewId);
    const now = layoutOf(table.columns, { columns: state.layout });
    keepLayout(key, now, stateOfView(table, view).layout);
  }, [key, table, state, change]);
}
