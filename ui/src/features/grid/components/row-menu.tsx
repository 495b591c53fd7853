import { ClipboardCopy, CopyPlus, Eraser, Maximize2, PanelRight, Plus, Scissors, Trash2 } from 'lucide-react';
import { useCan } from '@/api/permissions';
import { Menu, type MenuEntry } from '@/components/menu';
import type { Anchor } from '@/grid/events';
import { plural } from '@/lib/format';
import type { GridPage } from '../use-grid-page';

const SIZE = 14;

/** How many rows the selection spans. */
function selectedRows(page: GridPage): number {
  const rect = page.grid?.selection.summary.get().rect;
  return rect ? rect.bottom - rect.top + 1 : 1;
}

/** What is done with the selected rows: a part of the menus of a cell and of a row number. */
export function rowEntries(page: GridPage): MenuEntry[] {
  const n = selectedRows(page);
  return [
    {
      label: 'Add a row',
      icon: <Plus size={SIZE} />,
      hint: 'Shift Enter',
      onSelect: () => void page.insertRow(),
    },
    {
      label: n === 1 ? 'Duplicate row' : `Duplicate ${plural(n, 'row')}`,
      icon: <CopyPlus size={SIZE} />,
      onSelect: () => page.grid?.run('duplicate-rows'),
    },
    {
      label: n === 1 ? 'Delete row' : `Delete ${plural(n, 'row')}`,
      icon: <Trash2 size={SIZE} />,
      hint: 'Ctrl -',
      danger: true,
      onSelect: () => page.grid?.run('delete-rows'),
    },
  ];
}

/** The menu of a row's number. */
export function RowMenu({
  workspaceId,
  page,
  rowId,
  anchor,
  onClose,
}: {
  workspaceId: string;
  page: GridPage;
  rowId: string;
  anchor: Anchor;
  onClose: () => void;
}) {
  const can = useCan(workspaceId);
  const items: MenuEntry[] = [
    {
      label: 'Open row',
      icon: <PanelRight size={SIZE} />,
      hint: 'Ctrl Enter',
      onSelect: () => page.setPanel({ kind: 'row', rowId }),
    },
    {
      label: 'Open as a page',
      icon: <Maximize2 size={SIZE} />,
      hint: 'Space',
      onSelect: () => page.openRowPage(rowId),
    },
    null,
    { label: 'Copy', icon: <ClipboardCopy size={SIZE} />, hint: 'Ctrl C', onSelect: () => page.grid?.run('copy') },
  ];
  if (can('rows.edit')) {
    items.push(
      { label: 'Cut', icon: <Scissors size={SIZE} />, hint: 'Ctrl X', onSelect: () => page.grid?.run('cut') },
      { label: 'Clear', icon: <Eraser size={SIZE} />, hint: 'Del', onSelect: () => page.grid?.run('clear') },
      null,
      ...rowEntries(page),
    );
  }
  return <Menu anchor={anchor} label="Row" items={items} onClose={onClose} />;
}
