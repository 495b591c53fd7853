import type { Condition, Filter } from '@/api/types';
import { isComplete, isCondition } from './filters';

/** A filter as it is edited: conditions may be incomplete, and groups empty. */
export interface FilterGroup {
  join: 'and' | 'or';
  items: FilterItem[];
}
export type FilterItem = FilterGroup | Condition;
/** Where an item stands: the places in its groups, from the outermost one on. */
export type Path = readonly number[];

/** Groups in groups; the server takes more, which are shown and kept. */
export const MAX_DEPTH = 3;

export const isGroup = (item: FilterItem): item is FilterGroup => 'items' in item;

export function treeOf(filter: Filter | null): FilterGroup {
  if (!filter) return { join: 'and', items: [] };
  const item = itemOf(filter);
  return isGroup(item) ? item : { join: 'and', items: [item] };
}
function itemOf(filter: Filter): FilterItem {
  if (isCondition(filter)) return filter;
  return 'and' in filter
    ? { join: 'and', items: filter.and.map(itemOf) }
    : { join: 'or', items: filter.or.map(itemOf) };
}

/** The filter without what is incomplete; null when nothing is left. */
export function filterOf(item: FilterItem): Filter | null {
  if (!isGroup(item)) return isComplete(item) ? item : null;
  const parts = item.items.flatMap((i) => filterOf(i) ?? []);
  if (parts.length === 0) return null;
  return item.join === 'and' ? { and: parts } : { or: parts };
}

/** The tree with another item at the path, or without it. */
export function replaced(group: FilterGroup, path: Path, item: FilterItem | null): FilterGroup {
  const [at, ...rest] = path;
  if (at === undefined) return item && isGroup(item) ? item : group;
  const items = group.items.flatMap((old, i) => {
    if (i !== at) return [old];
    if (rest.length > 0 && isGroup(old)) return [replaced(old, rest, item)];
    return item ? [item] : [];
  });
  return { ...group, items };
}

export function withItem(group: FilterGroup, path: Path, item: FilterItem): FilterGroup {
  const [at, ...rest] = path;
  if (at === undefined) return { ...group, items: [...group.items, item] };
  return {
    ...group,
    items: group.items.map((old, i) => (i === at && isGroup(old) ? withItem(old, rest, item) : old)),
  };
}
