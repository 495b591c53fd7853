import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { tablesChanged } from '@/api/tables';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { ago, plural } from '@/lib/format';
import { restoreTable, trashQuery } from '../api/tables';

const item = z.looseObject({
  id: z.string(),
  name: z.string(),
  row_count: z.number().optional(),
  trashed_at: z.string().nullish(),
});
const shape = z.union([
  z.array(item),
  z.looseObject({ tables: z.array(item).nullish() }).transform((t) => t.tables ?? []),
]);

export function TrashDialog({ workspaceId: ws, onClose }: { workspaceId: string; onClose: () => void }) {
  const trash = useQuery(trashQuery(ws));
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: (id: string) => restoreTable(ws, id),
    onSuccess: () => tablesChanged(client, ws),
  });
  const tables = trash.data === undefined ? undefined : (shape.safeParse(trash.data).data ?? []);
  return (
    <Dialog title="Trash" description="Deleted tables stay here for 30 days." size="md" onClose={onClose}>
      {trash.isPending && <SkeletonRows rows={3} />}
      {trash.isError && <Notice tone="danger">{messageOf(trash.error)}</Notice>}
      {tables?.length === 0 && <Empty icon={<Trash2 size={20} />} title="The trash is empty" />}
      <ul className="flex flex-col">
        {tables?.map((t) => (
          <li key={t.id} className="flex items-center gap-3 border-b border-line py-2 last:border-0">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">
                <Shown text={t.name} />
              </p>
              <p className="text-sm text-ink-3">
                {t.row_count !== undefined && `${plural(t.row_count, 'row')} · `}deleted {ago(t.trashed_at)}
              </p>
            </div>
            <Button
              size="sm"
              busy={restore.isPending && restore.variables === t.id}
              onClick={() => restore.mutate(t.id)}
            >
              Restore
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
