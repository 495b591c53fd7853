import { lazy, Suspense } from 'react';
import type { Table } from '@/api/types';
import { Drawer } from '@/components/drawer';
import { SkeletonRows } from '@/components/states';
import type { GridPage } from '../use-grid-page';

const Threads = lazy(() => import('@/features/comments/components/threads').then((m) => ({ default: m.Threads })));

/** Takes the focus while the code is loaded: what is typed now must not go into the cell. */
function Waiting() {
  return (
    <div tabIndex={-1} ref={(e) => e?.focus()} className="outline-none">
      <SkeletonRows rows={3} />
    </div>
  );
}

/** The threads about a row or one of its cells beside the grid. */
export function CommentSide({
  workspaceId,
  table,
  page,
  rowId,
  columnId,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  rowId: string;
  columnId: string | null;
  onClose: () => void;
}) {
  const index = page.grid?.cache.indexOf(rowId);
  return (
    <Drawer
      title={index === undefined ? 'Comments' : `Comments on row ${(index + 1).toLocaleString('en')}`}
      onClose={onClose}
    >
      <Suspense fallback={<Waiting />}>
        <Threads workspaceId={workspaceId} table={table} rowId={rowId} columnId={columnId} autoFocus />
      </Suspense>
    </Drawer>
  );
}
