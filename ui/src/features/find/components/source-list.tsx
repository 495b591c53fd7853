import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { tablesQuery } from '@/api/tables';
import type { FindRun, FindSource } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge, type Tone } from '@/components/states';
import { ago, count, plural, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { cancelFind, deleteSource, findsQuery, runSource, sourcesQuery, takenOverQuery, undoFound } from '../api/find';

const tones: Record<FindRun['state'], Tone> = {
  running: 'primary',
  completed: 'success',
  partially_completed: 'warning',
  failed: 'danger',
  cancelled: 'neutral',
};

/** The saved searches, with what became of their last runs. */
export function SourceList({ workspaceId: ws }: { workspaceId: string }) {
  const sources = useQuery(sourcesQuery(ws));
  const runs = useQuery(findsQuery(ws));
  const tables = useQuery(tablesQuery(ws));
  if (!sources.data?.length) return null;
  return (
    <Card title="Saved searches" flush>
      <ul>
        {sources.data.map((s) => (
          <Source
            key={s.id}
            ws={ws}
            source={s}
            runs={(runs.data ?? []).filter((r) => r.source_id === s.id).slice(0, 3)}
            table={tables.data?.find((t) => t.id === s.table_id)?.name ?? ''}
          />
        ))}
      </ul>
    </Card>
  );
}

function Source({ ws, source, runs, table }: { ws: string; source: FindSource; runs: FindRun[]; table: string }) {
  const client = useQueryClient();
  const changed = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['sources', ws] });
    await client.invalidateQueries({ queryKey: ['finds', ws] });
  };
  const run = useMutation({ mutationFn: () => runSource(ws, source.id), onSuccess: changed });
  const remove = useMutation({ mutationFn: () => deleteSource(ws, source.id), onSuccess: changed });
  return (
    <li className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-0 flex-1 basis-40 truncate font-medium">
          <Shown text={source.name} />
        </span>
        {table && (
          <Link to={`/w/${ws}/tables/${source.table_id}`} className="text-primary-ink underline">
            <Shown text={table} />
          </Link>
        )}
        <Button size="sm" busy={run.isPending} disabled={runs[0]?.state === 'running'} onClick={() => run.mutate()}>
          Run again
        </Button>
        <Button size="sm" variant="ghost" busy={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      </div>
      {runs.map((r) => (
        <Run key={r.id} ws={ws} run={r} onChanged={changed} />
      ))}
    </li>
  );
}

function Run({ ws, run, onChanged }: { ws: string; run: FindRun; onChanged: () => Promise<void> }) {
  const client = useQueryClient();
  const taken = useQuery({ ...takenOverQuery(ws, run.import_id ?? ''), enabled: Boolean(run.import_id) });
  const state = taken.data ? `${taken.data.state}/${String(taken.data.undoing ?? false)}` : '';
  useEffect(() => {
    if (!state) return;
    void client.invalidateQueries({ queryKey: ['tables', ws] });
    void client.invalidateQueries({ queryKey: ['table', ws, run.table_id] });
  }, [client, ws, run.table_id, state]);
  const cancel = useMutation({ mutationFn: () => cancelFind(ws, run.id), onSuccess: onChanged });
  const undo = useMutation({
    mutationFn: () => undoFound(ws, run.import_id ?? ''),
    onSuccess: async () => {
      toast.success('The rows are being taken out of the table again');
      await client.invalidateQueries({ queryKey: ['imports', ws] });
    },
  });
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm text-ink-2">
      <Badge tone={tones[run.state]}>{sentence(run.state)}</Badge>
      <span className="tnum">
        {plural(run.rows, 'row')} found
        {run.credits > 0 && ` for ${plural(run.credits, 'credit')}`}
      </span>
      {taken.data && (
        <span className="tnum">
          {taken.data.state === 'undone'
            ? 'taken back'
            : `${plural(taken.data.counts.imported, 'row')} added, ${count(taken.data.counts.skipped)} there already`}
        </span>
      )}
      {run.reason && <span className="min-w-0 flex-1 basis-60">{sentence(run.reason)}</span>}
      <span className="text-ink-3">{ago(run.started_at)}</span>
      {run.state === 'running' && (
        <Button size="sm" variant="ghost" busy={cancel.isPending} onClick={() => cancel.mutate()}>
          Stop
        </Button>
      )}
      {run.import_id && (
        <>
          <Link to={`/w/${ws}/import?id=${run.import_id}`} className="text-primary-ink underline">
            What was added
          </Link>
          {taken.data?.state !== 'undone' && (
            <Button size="sm" variant="ghost" busy={undo.isPending} onClick={() => undo.mutate()}>
              Undo
            </Button>
          )}
        </>
      )}
    </div>
  );
}
