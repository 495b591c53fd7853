import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { Asked, Filters } from './api/analytics';

export const tabs = ['enrichment', 'providers', 'credits'] as const;
export type Tab = (typeof tabs)[number];
export const dims = ['table', 'column', 'provider', 'member', 'source'] as const;
export type DimName = (typeof dims)[number];
export const ranges = ['24h', '7d', '30d', '90d'] as const;

/**
 * The page's state is its address, so that every view can be linked to and the back button undoes a drill-down. Days begin
 * in the home zone unless the address names another.
 */
export function useAsked(homeZone: string) {
  const [params, setParams] = useSearchParams();
  return useMemo(() => {
    const get = (name: string) => params.get(name) ?? undefined;
    const asked: Asked = { time_zone: get('zone') ?? homeZone };
    const from = get('from');
    const to = get('to');
    if (from && to) Object.assign(asked, { from, to });
    else asked.range = get('range') ?? '30d';
    const filters: Filters = {};
    for (const d of dims) {
      const value = get(d);
      if (value) filters[d] = value;
    }
    Object.assign(asked, filters);
    const tab = tabs.find((t) => t === params.get('tab')) ?? 'enrichment';
    const set = (changes: Record<string, string | undefined>) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      });
    return { asked, filters, tab, set };
  }, [params, setParams, homeZone]);
}
