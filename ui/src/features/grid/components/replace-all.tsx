import { useEffect, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Column, ReplaceSample, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { Spinner } from '@/components/spinner';
import type { TextSearch } from '@/grid/text-search';
import { newGesture } from '@/grid/transfers';
import { count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { replaceNext } from '../api/find';
import { NOTHING, replaceEverywhere, type ReplaceSum } from '../replace-all';
import type { GridPage } from '../use-grid-page';

export interface ReplaceAllProps {
  workspaceId: string;
  table: Table;
  page: GridPage;
  search: TextSearch;
  columns: readonly Column[];
  by: string;
  onClose: () => void;
  onDone: () => void;
}

type Phase = 'counting' | 'ready' | 'running' | 'failed';

/** Shows what a replacement would change, and does it: one step of undo, which can be stopped on its way. */
export function ReplaceAll({ workspaceId: ws, table, page, search, columns, by, onClose, onDone }: ReplaceAllProps) {
  const [phase, setPhase] = useState<Phase>('counting');
  const [sum, setSum] = useState<ReplaceSum>(NOTHING);
  const [done, setDone] = useState<ReplaceSum>(NOTHING);
  const [error, setError] = useState('');
  const stopped = useRef(false);
  const asked = JSON.stringify([search, columns.map((c) => c.id), by, page.query]);
  const latest = useRef({ search, columns, by, query: page.query });
  useEffect(() => {
    latest.current = { search, columns, by, query: page.query };
  });

  const call = (dryRun: boolean, gesture: string) => async (after: string | undefined) => {
    const now = latest.current;
    const r = { search: now.search, by: now.by, columns: now.columns.map((c) => c.id), dryRun };
    return (await replaceNext(ws, table.id, now.query, r, after, gesture)).data;
  };
  const fail = (e: unknown): void => {
    setError(messageOf(e));
    setPhase('failed');
  };

  // The preview belongs to the text, the columns and the rows that it was made for.
  useEffect(() => {
    let live = true;
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setPhase('counting');
    replaceEverywhere(
      call(true, newGesture('replace')),
      (s) => live && setSum(s),
      () => !live,
    )
      .then(() => live && setPhase('ready'))
      .catch((e: unknown) => live && fail(e));
    return () => {
      live = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [asked, ws, table.id]);

  const run = async (): Promise<void> => {
    stopped.current = false;
    setDone(NOTHING);
    setPhase('running');
    try {
      await page.grid?.queue.settled();
      const result = await replaceEverywhere(call(false, newGesture('replace')), setDone, () => stopped.current);
      const text = `${plural(result.cells, 'cell')} replaced${result.stopped ? ', then stopped' : ''}`;
      toast.success(text, { label: 'Undo', run: () => void page.undo.undo() });
      onClose();
    } catch (e) {
      fail(e);
    } finally {
      page.grid?.refreshSoon(false);
      onDone();
    }
  };

  return (
    <section aria-label="Replace all" className="flex flex-col gap-2 border-t border-line pt-2 text-sm">
      {phase === 'failed' && <Notice tone="danger">{error}</Notice>}
      <p role="status" className="flex items-center gap-2">
        {(phase === 'counting' || phase === 'running') && <Spinner className="!size-3" />}
        {phase === 'running'
          ? `${count(done.cells)} of ${plural(sum.cells, 'cell')} replaced`
          : `${plural(sum.cells, 'cell')} in ${plural(sum.rows, 'row')} will change`}
      </p>
      {phase === 'ready' && sum.refused > 0 && (
        <p className="text-warning-ink">
          {plural(sum.refused, 'cell')} {sum.refused === 1 ? 'stays as it is' : 'stay as they are'}:{' '}
          {sum.misfits[0]?.reason}
        </p>
      )}
      {phase !== 'running' && <Samples samples={sum.samples} table={table} />}
      <div className="flex justify-end gap-1">
        <Button size="sm" variant="ghost" onClick={phase === 'running' ? () => (stopped.current = true) : onClose}>
          {phase === 'running' ? 'Stop' : 'Cancel'}
        </Button>
        <Button
          size="sm"
          variant="primary"
          disabled={phase !== 'ready' || sum.cells === 0}
          busy={phase === 'running'}
          onClick={() => void run()}
        >
          Replace {plural(sum.cells, 'cell')}
        </Button>
      </div>
    </section>
  );
}

function Samples({ samples, table }: { samples: readonly ReplaceSample[]; table: Table }) {
  if (samples.length === 0) return null;
  return (
    <ul aria-label="A few of the changes" className="flex flex-col gap-1 rounded-md bg-sunken p-2">
      {samples.map((s) => (
        <li key={`${s.row_id}/${s.column_id}`} className="truncate">
          <span className="text-ink-3">{table.columns.find((c) => c.id === s.column_id)?.name}: </span>
          <del className="text-danger-ink">{s.before}</del> →{' '}
          {s.after === '' ? <em className="text-ink-3">empty</em> : <ins className="no-underline">{s.after}</ins>}
        </li>
      ))}
    </ul>
  );
}
