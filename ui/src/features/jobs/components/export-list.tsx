import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { cancelExport, exportsQuery } from '@/api/exports';
import type { ExportedFile } from '@/api/types';
import { Button } from '@/components/button';
import { Card, DataTable, Td } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge, Progress, type Tone } from '@/components/states';
import { ago, bytes, count, plural, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';

const tones: Record<ExportedFile['state'], Tone> = {
  running: 'primary',
  ready: 'success',
  failed: 'danger',
  cancelled: 'neutral',
  expired: 'neutral',
};

/** Files that are made of tables in the background; nothing while there is none. */
export function ExportList({ ws }: { ws: string }) {
  const files = useQuery(exportsQuery(ws));
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: (id: string) => cancelExport(ws, id),
    onSettled: () => client.invalidateQueries({ queryKey: ['exports', ws] }),
    onError: (e) => toast.error(messageOf(e)),
  });
  if (!files.data?.length) return null;
  return (
    <Card flush title="Exported files" text="A file is kept for 24 hours. Whoever has its link can download it.">
      <DataTable head={['File', 'State', 'Progress', '']} label="Exported files">
        {files.data.map((file) => (
          <tr key={file.id} className="hover:bg-hover">
            <Td className="min-w-28 sm:max-w-[260px]">
              <span className="block truncate font-medium">
                <Shown text={file.filename} />
              </span>
              <span className="block truncate text-sm text-ink-3">{about(file)}</span>
            </Td>
            <Td>
              <Badge tone={tones[file.state]}>{sentence(file.state)}</Badge>
            </Td>
            <Td className="w-56">
              <FileProgress file={file} />
            </Td>
            <Td>
              <div className="flex justify-end gap-1.5">
                {file.url && (
                  <a
                    href={file.url}
                    download={file.filename}
                    className="inline-flex h-7 items-center gap-1.5 rounded-md bg-primary px-2.5 font-medium text-on-primary hover:bg-primary-hover"
                  >
                    <Download size={14} />
                    Download
                  </a>
                )}
                {(file.state === 'running' || file.state === 'ready') && (
                  <Button
                    size="sm"
                    busy={cancel.isPending && cancel.variables === file.id}
                    onClick={() => cancel.mutate(file.id)}
                  >
                    {file.state === 'running' ? 'Cancel' : 'Remove'}
                  </Button>
                )}
              </div>
            </Td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}

function about(file: ExportedFile): string {
  const size = file.size ? `${bytes(file.size)} · ` : '';
  return `${size}${ago(file.created_at)}`;
}

function FileProgress({ file }: { file: ExportedFile }) {
  if (file.state === 'failed') return <span className="text-sm text-danger-ink">{file.error}</span>;
  if (file.state !== 'running') return <span className="tnum text-sm text-ink-2">{plural(file.rows, 'row')}</span>;
  return (
    <div className="flex min-w-32 items-center gap-2">
      <Progress
        value={file.table_rows ? Math.min(1, file.rows / file.table_rows) : 0}
        label="Progress"
        tone="primary"
      />
      <span className="tnum shrink-0 text-sm whitespace-nowrap text-ink-2">{count(file.rows)}</span>
    </div>
  );
}
