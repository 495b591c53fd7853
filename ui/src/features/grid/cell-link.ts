import { toast } from '@/lib/toasts';

export interface CellPlace {
  workspaceId: string;
  tableId: string;
  viewId: string | null;
  rowId?: string;
  columnId?: string;
}

/** The address that opens the view, and in it the row and the cell. */
export function linkTo(p: CellPlace, origin: string): string {
  const query = new URLSearchParams();
  if (p.viewId) query.set('view', p.viewId);
  if (p.rowId) query.set('row', p.rowId);
  if (p.rowId && p.columnId) query.set('cell', p.columnId);
  const text = query.toString();
  return `${origin}/w/${p.workspaceId}/tables/${p.tableId}${text && `?${text}`}`;
}

/** Puts the address on the clipboard. */
export function copyLink(p: CellPlace, unsaved = false): void {
  navigator.clipboard
    .writeText(linkTo(p, window.location.origin))
    .then(() => toast.success(unsaved ? 'Link copied. It opens the view as it was saved last.' : 'Link copied'))
    .catch(() => toast.error('The browser refused access to the clipboard.'));
}
