import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Select } from '@/components/field';
import { Spinner } from '@/components/spinner';
import { Notice } from '@/components/states';
import { isReadOnly } from '@/grid/model';
import { newGesture } from '@/grid/transfers';
import { dateTime, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { restorePart, type RestoreScope } from '../api/moments';
import { takeBack } from '../api/rows';
import { tableChanged } from '../api/table';
import { NOTHING, restoreAll, summed, type RestoreSum } from '../time-travel';
import type { PastShown } from '../use-past';

export interface RestoreToProps {
  workspaceId: string;
  /** The table as it is now. */
  table: Table;
  past: PastShown;
  selected: { rowIds: string[]; columns: string[] } | null;
  onClose: () => void;
  onDone: () => void;
}

type Phase = 'counting' | 'ready' | 'running' | 'failed';

/** Brings the table, a column or the selected cells back to the moment, after telling what that does: one step of undo. */
export function RestoreTo({ workspaceId: ws, table, past, selected, onClose, onDone }: RestoreToProps) {
  const client = useQueryClient();
  const columns = table.columns.filter((c) => !isReadOnly(c) && past.table.columns.some((p) => p.id === c.id));
  const cells = selected?.columns.filter((id) => columns.some((c) => c.id === id)) ?? [];
  const [what, setWhat] = useState(cells.length > 0 && (selected?.rowIds.length ?? 0) > 1 ? 'cells' : 'table');
  const [phase, setPhase] = useState<Phase>('counting');
  const [sum, setSum] = useState<RestoreSum>(NOTHING);
  const [error, setError] = useState('');
  const stopped = useRef(false);
  const cellsKey = JSON.stringify([selected?.rowIds, cells]);
  const scope = useMemo<RestoreScope>(() => {
    if (what === 'table') return {};
    if (what !== 'cells') return { columns: [what] };
    const [rowIds, chosen] = JSON.parse(cellsKey) as [string[], string[]];
    return { rowIds, columns: chosen };
  }, [what, cellsKey]);

  const call = (dryRun: boolean, gesture: string) => (after: Parameters<typeof restorePart>[4]['after']) =>
    restorePart(ws, table.id, past.asOf, scope, { after, gesture, dryRun });
  const fail = (e: unknown): void => {
    setError(messageOf(e));
    setPhase('failed');
  };
  useEffect(() => {
    let live = true;
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setPhase('counting');
    // One dry run counts what any table holds of differences, or says that there are more.
    restoreAll(
      call(true, newGesture('restore')),
      (s) => live && setSum(s),
      () => true,
    )
      .then(() => live && setPhase('ready'))
      .catch((e: unknown) => live && fail(e));
    return () => {
      live = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [scope, ws, table.id, past.asOf]);

  const run = async (): Promise<void> => {
    stopped.current = false;
    setPhase('running');
    try {
      const done = await restoreAll(call(false, newGesture('restore')), setSum, () => stopped.current);
      await tableChanged(client, ws, table.id);
      const undo = (): void => {
        takeBack(ws, table.id, 'undo')
          .then(({ position }) => tableChanged(client, ws, table.id, position))
          .catch((e: unknown) => toast.error(messageOf(e)));
      };
      toast.success(summed({ ...done, more: false }).join(', ') || 'Nothing was to restore', {
        label: 'Undo',
        run: undo,
      });
      onDone();
    } catch (e) {
      fail(e);
    }
  };
  const lines = summed(sum);
  return (
    <Dialog
      size="md"
      title={`Restore to ${dateTime(past.at)}`}
      description="The table’s columns and their types stay as they are. All of it is one step that can be undone."
      onClose={onClose}
      footer={
        <>
          <Button onClick={phase === 'running' ? () => (stopped.current = true) : onClose}>
            {phase === 'running' ? 'Stop' : 'Cancel'}
          </Button>
          <Button
            variant="primary"
            disabled={phase !== 'ready' || lines.length === 0}
            busy={phase === 'running'}
            onClick={() => void run()}
          >
            Restore
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label="What to restore">
          {(p) => (
            <Select {...p} value={what} disabled={phase === 'running'} onChange={(e) => setWhat(e.target.value)}>
              <option value="table">The whole table</option>
              {cells.length > 0 && selected && (
                <option value="cells">The selected cells ({plural(selected.rowIds.length, 'row')})</option>
              )}
              {columns.map((c) => (
                <option key={c.id} value={c.id}>
                  Column {c.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {phase === 'failed' && <Notice tone="danger">{error}</Notice>}
        <div role="status" className="text-base">
          {phase === 'counting' && (
            <p className="flex items-center gap-2 text-ink-2">
              <Spinner className="!size-3" /> Counting what is different…
            </p>
          )}
          {phase !== 'counting' && phase !== 'failed' && lines.length === 0 && <p>Nothing is different now.</p>}
          {phase !== 'counting' && phase !== 'failed' && lines.length > 0 && (
            <ul aria-label="What a restore does" className="list-disc pl-5">
              {lines.map((l) => (
                <li key={l}>{l}</li>
              ))}
            </ul>
          )}
        </div>
        {phase === 'ready' && <Left sum={sum} table={table} />}
      </div>
    </Dialog>
  );
}

/** What a restore has to leave as it is. */
function Left({ sum, table }: { sum: RestoreSum; table: Table }) {
  const [first] = sum.misfits;
  if (sum.refused === 0 && sum.rows_gone === 0) return null;
  return (
    <Notice tone="warning">
      {sum.refused > 0 && first && (
        <p>
          {plural(sum.refused, 'cell')} {sum.refused === 1 ? 'stays as it is' : 'stay as they are'}:{' '}
          {table.columns.find((c) => c.id === first.column_id)?.name} {first.reason}
        </p>
      )}
      {sum.rows_gone > 0 && (
        <p>{plural(sum.rows_gone, 'row')} can’t come back: they were removed from the trash for good.</p>
      )}
    </Notice>
  );
}
