import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { messageOf } from '@/api/errors';
import { tablesChanged } from '@/api/tables';
import type { Import, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Checkbox } from '@/components/field';
import { Notice, Progress, SkeletonRows } from '@/components/states';
import { count, plural } from '@/lib/format';
import { cancelImport, importQuery, previewAgain, upload, type Commit } from '../api/imports';
import { problemOf, suggest, toMapping, type Target } from '../mapping';
import { pastedFile } from '../pasted';
import { useCommit } from '../use-commit';
import { LossReport } from './loss-report';
import { MappingTable } from './mapping-table';

export interface PasteTableProps {
  workspaceId: string;
  table: Table;
  text: string;
  onClose: () => void;
  /** The rows are in the table, or the import has failed. */
  onDone: (made: Import) => void;
}

/** Rows for an empty table: what its columns will be is found by the import, shown, and can be changed before. */
export function PasteTable({ workspaceId: ws, table, text, onClose, onDone }: PasteTableProps) {
  const [key] = useState(() => crypto.randomUUID());
  const [started, setStarted] = useState<Import | null>(null);
  const file = pastedFile(text);
  const sent = useQuery({
    queryKey: ['pasted', key],
    queryFn: () => upload(ws, file ?? new File([], '')),
    enabled: file !== null,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const leave = (): void => {
    if (sent.data && !started) void cancelImport(ws, sent.data.id).catch(() => undefined); // else a sweep takes it
    onClose();
  };
  if (started) return <Pasting workspaceId={ws} started={started} onClose={onClose} onDone={onDone} />;
  if (sent.data) {
    return <Columns workspaceId={ws} table={table} file={sent.data} onClose={leave} onStarted={setStarted} />;
  }
  return (
    <Dialog title="Paste into the table" size="xl" onClose={leave}>
      {file === null ? (
        <Notice>There are no rows on the clipboard.</Notice>
      ) : sent.isError ? (
        <Notice tone="danger">{messageOf(sent.error)}</Notice>
      ) : (
        <SkeletonRows />
      )}
    </Dialog>
  );
}

function Columns({
  workspaceId: ws,
  table,
  file: initial,
  onClose,
  onStarted,
}: {
  workspaceId: string;
  table: Table;
  file: Import;
  onClose: () => void;
  onStarted: (made: Import) => void;
}) {
  const client = useQueryClient();
  const [file, setFile] = useState(initial);
  const [edited, setEdited] = useState<Target[] | null>(null);
  const targets = edited ?? suggest(file, table.columns);
  const used = new Set(targets.flatMap((t) => (t.to === 'column' ? [t.columnId] : [])));
  const spare = table.columns.filter((c) => !used.has(c.id));
  const mayDrop = spare.length > 0 && table.columns.every((c) => c.kind === 'data');
  const [keep, setKeep] = useState(false);
  const drops = mayDrop && !keep;
  const body: Commit = {
    table_id: table.id,
    mapping: toMapping(file, targets),
    mode: 'append',
    header: file.detected.header,
    create_options: true,
    ...(drops ? { drop_unfilled: true } : {}),
  };
  const { report, progress, badValues, setBadValues, start } = useCommit(ws, file.id, body, async (made) => {
    client.setQueryData(['imports', ws, made.id], made);
    onStarted(made);
    await tablesChanged(client, ws);
  });
  const reread = useMutation({
    mutationFn: (header: boolean) => previewAgain(ws, file.id, { header }),
    onSuccess: (next) => {
      setFile(next);
      setEdited(null);
    },
  });
  const problem = problemOf(
    file,
    targets,
    'append',
    [],
    drops ? table.columns.filter((c) => used.has(c.id)) : table.columns,
  );
  const rows = plural(file.file_rows, 'row');
  return (
    <Dialog
      title={`Paste ${rows} into “${table.name}”`}
      size="xl"
      onClose={onClose}
      footer={
        <>
          {problem && <span className="self-center text-ink-2 max-sm:w-full sm:mr-auto">{problem}</span>}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            data-autofocus
            busy={start.isPending}
            disabled={problem !== null || reread.isPending}
            onClick={() => start.mutate()}
          >
            {report ? 'Paste anyway' : `Paste ${rows}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap gap-x-6 gap-y-2">
          <Checkbox
            label="The first line names the columns"
            checked={file.detected.header}
            disabled={reread.isPending}
            onChange={(e) => reread.mutate(e.target.checked)}
          />
          {mayDrop && (
            <Checkbox
              label={`Remove ${spare.length === 1 ? `the empty column “${spare[0]?.name ?? ''}”` : `the ${count(spare.length)} empty columns`}`}
              checked={!keep}
              onChange={(e) => setKeep(!e.target.checked)}
            />
          )}
        </div>
        <MappingTable file={file} columns={table.columns} targets={targets} onChange={setEdited} />
        {report && <LossReport report={report} badValues={badValues} onChange={setBadValues} />}
        {start.isPending && !report && <Progress value={progress} label="Reading all rows" />}
        {start.isError && <Notice tone="danger">{messageOf(start.error)}</Notice>}
        {reread.isError && <Notice tone="danger">{messageOf(reread.error)}</Notice>}
      </div>
    </Dialog>
  );
}

/** How far the rows are; they come in when the dialog is closed, too. */
function Pasting({
  workspaceId: ws,
  started,
  onClose,
  onDone,
}: {
  workspaceId: string;
  started: Import;
  onClose: () => void;
  onDone: (made: Import) => void;
}) {
  const { data } = useQuery(importQuery(ws, started.id));
  const now = data ?? started;
  const over = now.state !== 'importing';
  useEffect(() => {
    if (over) onDone(now);
    // Told once, when it is over.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [over]);
  return (
    <Dialog title="Pasting" onClose={onClose} footer={<Button onClick={onClose}>Go on in the background</Button>}>
      <div className="flex flex-col gap-2">
        <Progress value={now.progress} label="Progress of the paste" />
        <p role="status" className="tnum text-ink-2">
          {count(now.counts.imported)} of {plural(now.file_rows, 'row')}
        </p>
      </div>
    </Dialog>
  );
}
