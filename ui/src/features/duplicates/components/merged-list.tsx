import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Column, Table } from '@/api/types';
import type { DuplicateRow, MergedRows } from '@/api/types-duplicates';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Notice } from '@/components/states';
import { cellText } from '@/grid/cell-text';
import { ago, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { duplicatesKey, ended, mergedQuery, unmerge, type Place } from '../api/duplicates';

function rowText(row: DuplicateRow, columns: Column[]): string {
  return columns
    .flatMap((c) => {
      const value = row.cells[c.id];
      return value === undefined || value === null ? [] : [cellText(c, value)];
    })
    .slice(0, 3)
    .join(', ');
}

/** The rows that are merged, with the way to take them apart. */
export function MergedList({ place, table, canEdit }: { place: Place; table: Table; canEdit: boolean }) {
  const query = useInfiniteQuery(mergedQuery(place));
  const merged = query.data?.pages.flatMap((p) => p.merged) ?? [];
  if (query.error) return <Notice tone="danger">{messageOf(query.error)}</Notice>;
  if (merged.length === 0) return null;
  return (
    <Card title="Merged rows" flush>
      <ul>
        {merged.map((m) => (
          <One key={`${m.merge_id}/${m.group}`} place={place} merged={m} columns={table.columns} canEdit={canEdit} />
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

function One({
  place,
  merged,
  columns,
  canEdit,
}: {
  place: Place;
  merged: MergedRows;
  columns: Column[];
  canEdit: boolean;
}) {
  const client = useQueryClient();
  const part = useMutation({
    mutationFn: async () => {
      const job = await ended(place, await unmerge(place, merged.merge_id, [merged.group]));
      if (job.groups === 0) throw new Error(job.reason || job.left?.[0]?.reason || 'The rows were not taken apart.');
    },
    onSuccess: () => client.invalidateQueries({ queryKey: duplicatesKey(place) }),
    onError: (e) => toast.error(messageOf(e)),
  });
  return (
    <li className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5 last:border-0">
      <div className="min-w-0 flex-1 basis-48">
        <p className="truncate">
          <Shown text={rowText(merged.into, columns)} />
        </p>
        <p className="truncate text-sm text-ink-3">
          {plural(merged.hidden.length, 'row')} merged into it {ago(merged.at)}:{' '}
          <Shown text={merged.hidden.map((r) => rowText(r, columns)).join(' · ')} />
        </p>
      </div>
      {canEdit && (
        <Button size="sm" busy={part.isPending} onClick={() => part.mutate()}>
          Un-merge
        </Button>
      )}
    </li>
  );
}
