import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import type { Table } from '@/api/types';
import { toast } from '@/lib/toasts';
import { stateOfView, useViews } from './view-state';

/** Keeps the view that is shown in the address (?view=viw_…), and shows the one that a link names; without one, the default view. */
export function useViewAddress(table: Table | undefined): void {
  const [params, setParams] = useSearchParams();
  const wanted = params.get('view');
  const id = table?.id ?? '';
  const state = useViews((s) => s.byTable[id]);
  const set = useViews((s) => s.set);
  // The view of the address that was followed last: a choice on the page changes the address, not the other way round.
  const followed = useRef<string | null>(null);
  useEffect(() => {
    if (!table) return;
    const now = state?.viewId ?? null;
    if (wanted !== null && followed.current !== wanted) {
      followed.current = wanted;
      const view = table.views?.find((v) => v.id === wanted);
      if (view) {
        if (view.id !== now) set(table.id, stateOfView(table, view));
        return;
      }
      toast.error('The link’s view is not there, or is another person’s own. The default view is shown instead.');
    }
    if (!state) {
      set(table.id, stateOfView(table, table.views?.find((v) => v.default) ?? table.views?.[0]));
    } else if (now !== null && now !== wanted) {
      followed.current = now;
      setParams(
        (all) => {
          all.set('view', now);
          return all;
        },
        { replace: true },
      );
    }
  }, [table, state, wanted, set, setParams]);
}
