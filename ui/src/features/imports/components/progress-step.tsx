import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Download, Square, Undo2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import type { Import } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card } from '@/components/page';
import { Badge, Notice, Progress } from '@/components/states';
import { Shown } from '@/components/shown';
import { tablesChanged } from '@/api/tables';
import { count, plural, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { cancelImport, downloadErrors, undoImport } from '../api/imports';

export interface ProgressProps {
  workspaceId: string;
  file: Import;
  onAnother: () => void;
  onChanged: () => void;
}

export function ProgressStep({ workspaceId: ws, file, onAnother, onChanged }: ProgressProps) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const running = file.state === 'importing' || file.undoing === true;
  const done = file.state === 'completed' || file.state === 'partially_completed';
  useEffect(() => {
    if (!running) void tablesChanged(client, ws);
  }, [running, client, ws]);
  const cancel = useMutation({ mutationFn: () => cancelImport(ws, file.id), onSettled: onChanged });
  const undo = useMutation({ mutationFn: () => undoImport(ws, file.id), onSettled: onChanged });
  const { counts } = file;
  const facts: [string, number][] = [
    ['Added', counts.imported],
    ['Updated', counts.updated],
    ['Nothing new', counts.skipped],
    ['Failed', counts.failed],
  ];
  return (
    <Card>
      <div className="flex flex-col gap-4">
        <div className="flex items-center gap-3">
          <p className="min-w-0 flex-1 truncate text-md font-semibold">
            <Shown text={file.copy_of ? `Copy of ${file.filename}` : file.filename} />
          </p>
          <Badge
            tone={
              done
                ? file.state === 'completed'
                  ? 'success'
                  : 'warning'
                : file.state === 'failed'
                  ? 'danger'
                  : running
                    ? 'primary'
                    : 'neutral'
            }
          >
            {file.waiting_for && running
              ? `Waiting for ${file.waiting_for}`
              : file.undoing
                ? 'Undoing'
                : file.state === 'undone' && file.undo?.kept
                  ? 'Undone in part'
                  : sentence(file.state)}
          </Badge>
        </div>
        {(running || done) && (
          <Progress
            value={done ? 1 : file.progress}
            label="Progress of the import"
            tone={done ? 'success' : 'primary'}
          />
        )}
        {file.error && <Notice tone="danger">{file.error}</Notice>}
        {file.state === 'undone' && file.undo && (
          <Notice tone={file.undo.kept > 0 ? 'warning' : 'neutral'}>Undone: {file.undo.message}.</Notice>
        )}
        {(file.left_out ?? []).length > 0 && (
          <Notice tone="neutral">
            Left out: {plural((file.left_out ?? []).length, 'column')} of the file,{' '}
            {(file.left_out ?? []).slice(0, 10).join(', ')}
            {(file.left_out ?? []).length > 10 ? ' …' : ''}.
          </Notice>
        )}
        <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          {facts.map(([label, n]) => (
            <div key={label}>
              <dt className="text-sm text-ink-3">{label}</dt>
              <dd className="tnum text-xl font-semibold">{count(n)}</dd>
            </div>
          ))}
        </dl>
        {counts.problems > 0 && !running && (
          <Notice
            tone="warning"
            action={
              <Button
                size="sm"
                icon={<Download size={13} />}
                onClick={() => void downloadErrors(ws, file.id).catch((e: unknown) => toast.error(messageOf(e)))}
              >
                Errors as CSV
              </Button>
            }
          >
            {counts.failed > 0
              ? `${plural(counts.failed, 'row')} could not be imported.`
              : 'Some rows came in without a value.'}{' '}
            The file has them as they are, with the reason; mended, it can be imported again.
          </Notice>
        )}
        <div className="flex flex-wrap gap-2">
          {file.table_id && (
            <Button variant="primary" onClick={() => void navigate(`/w/${ws}/tables/${file.table_id ?? ''}`)}>
              Open the table
            </Button>
          )}
          {file.state === 'importing' && (
            <Button icon={<Square size={13} />} busy={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel
            </Button>
          )}
          {done && (
            <Button icon={<Undo2 size={14} />} onClick={() => setAsking(true)}>
              Undo the import
            </Button>
          )}
          {!running && <Button onClick={onAnother}>Import another file</Button>}
        </div>
      </div>
      {asking && (
        <Confirm
          title="Undo this import?"
          action="Undo import"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() => undo.mutateAsync()}
        >
          <p>
            {plural(counts.imported, 'row')} it added {counts.imported === 1 ? 'goes' : 'go'} to the trash and{' '}
            {plural(counts.updated, 'row')} it updated {counts.updated === 1 ? 'gets' : 'get'} the old values back. Rows
            and cells that somebody or an enrichment has changed since stay as they are.
          </p>
        </Confirm>
      )}
    </Card>
  );
}
