import {
  ClipboardCopy,
  ClipboardPaste,
  Eraser,
  History,
  Link2,
  ListFilter,
  Maximize2,
  MessageSquarePlus,
  PanelRight,
  Play,
  Scissors,
} from 'lucide-react';
import { useCan } from '@/api/permissions';
import { Menu, type MenuEntry } from '@/components/menu';
import { cellOf } from '@/grid/model';
import { copyLink } from '../cell-link';
import { withCondition } from '../filters';
import { isDirty, useViews } from '../view-state';
import type { ColumnMenuProps } from './column-menu';
import { rowEntries } from './row-menu';

/** What can be done with the cell under the pointer, or with the selected range. */
export function CellMenu({
  workspaceId,
  table,
  state,
  page,
  column,
  rowId,
  anchor,
  onClose,
}: ColumnMenuProps & { rowId: string }) {
  const can = useCan(workspaceId);
  const change = useViews((s) => s.change);
  const row = page.grid?.cache.get(rowId);
  const value = row ? cellOf(row, column) : null;
  const size = 14;
  const items: MenuEntry[] = [
    {
      label: 'Open row',
      icon: <PanelRight size={size} />,
      hint: 'Ctrl Enter',
      onSelect: () => page.setPanel({ kind: 'row', rowId }),
    },
    {
      label: 'Expand cell',
      icon: <Maximize2 size={size} />,
      onSelect: () => page.setOverlay({ kind: 'expand', rowId, columnId: column.id, anchor }),
    },
    {
      label: can('rows.edit') ? 'Comment' : 'Comments',
      icon: <MessageSquarePlus size={size} />,
      hint: 'Ctrl Alt M',
      onSelect: () => page.setPanel({ kind: 'comments', rowId, columnId: column.id }),
    },
    {
      label: 'History of this cell',
      icon: <History size={size} />,
      onSelect: () => page.setPanel({ kind: 'history', rowId, columnId: column.id }),
    },
    null,
  ];
  if (can('rows.edit'))
    items.push({ label: 'Cut', icon: <Scissors size={size} />, hint: 'Ctrl X', onSelect: () => page.grid?.run('cut') });
  items.push({
    label: 'Copy',
    icon: <ClipboardCopy size={size} />,
    hint: 'Ctrl C',
    onSelect: () => page.grid?.run('copy'),
  });
  items.push({
    label: 'Copy link to cell',
    icon: <Link2 size={size} />,
    onSelect: () =>
      copyLink(
        { workspaceId, tableId: table.id, viewId: state.viewId, rowId, columnId: column.id },
        isDirty(table, state),
      ),
  });
  if (can('rows.edit')) {
    items.push(
      { label: 'Paste', icon: <ClipboardPaste size={size} />, hint: 'Ctrl V', onSelect: () => page.grid?.run('paste') },
      null,
    );
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    const op = column.type === 'multi_select' ? 'contains' : 'is';
    items.push({
      label: 'Show only this value',
      icon: <ListFilter size={size} />,
      onSelect: () => change(table.id, { filter: withCondition(state.filter, { column: column.id, op, value }) }),
    });
  }
  if (column.kind === 'enrichment' && can('enrichments.run')) {
    items.push({
      label: 'Run this cell…',
      icon: <Play size={size} />,
      onSelect: () => page.setOverlay({ kind: 'run', columnIds: [column.id], rowIds: [rowId] }),
    });
  }
  if (can('rows.edit')) {
    items.push(
      { label: 'Clear', icon: <Eraser size={size} />, hint: 'Del', onSelect: () => page.grid?.run('clear') },
      null,
      ...rowEntries(page),
    );
  }
  return <Menu anchor={anchor} label="Cell" items={items} onClose={onClose} />;
}
