import { EyeOff, Pin, PinOff, Shapes, Trash2 } from 'lucide-react';
import { useCan } from '@/api/permissions';
import { Menu, type MenuEntry } from '@/components/menu';
import type { ColumnLayout } from '@/grid/events';
import { isReadOnly } from '@/grid/model';
import { plural } from '@/lib/format';
import { useViews } from '../view-state';
import { ColumnMenu, type ColumnMenuProps } from './column-menu';

/** The menu of a header: of its column, or of all columns that are selected from top to bottom where it is one of several. */
export function HeaderMenu(props: ColumnMenuProps) {
  const selected = props.page.grid?.selectedColumns() ?? [];
  const several = selected.length > 1 && selected.includes(props.column.id);
  return several ? <ColumnsMenu {...props} columnIds={selected} /> : <ColumnMenu {...props} />;
}

function ColumnsMenu({
  workspaceId,
  table,
  state,
  page,
  columnIds,
  anchor,
  onClose,
}: ColumnMenuProps & { columnIds: readonly string[] }) {
  const can = useCan(workspaceId);
  const change = useViews((s) => s.change);
  const what = plural(columnIds.length, 'column');
  const pinned = state.layout.filter((l) => columnIds.includes(l.id)).every((l) => l.pinned);
  const set = (patch: Partial<ColumnLayout>): void =>
    change(table.id, { layout: state.layout.map((l) => (columnIds.includes(l.id) ? { ...l, ...patch } : l)) });
  const items: MenuEntry[] = [
    {
      label: pinned ? `Unpin ${what}` : `Pin ${what} to the left`,
      icon: pinned ? <PinOff size={14} /> : <Pin size={14} />,
      onSelect: () => set({ pinned: !pinned }),
    },
    { label: `Hide ${what}`, icon: <EyeOff size={14} />, onSelect: () => set({ hidden: true }) },
  ];
  const written = table.columns.filter((c) => columnIds.includes(c.id) && !isReadOnly(c));
  if (can('tables.manage') && written.length > 0)
    items.push({
      label: `Change type of ${plural(written.length, 'column')}`,
      icon: <Shapes size={14} />,
      onSelect: () => page.setOverlay({ kind: 'change-types', columnIds: [...columnIds] }),
    });
  if (can('tables.manage'))
    items.push(null, {
      label: `Delete ${what}`,
      icon: <Trash2 size={14} />,
      danger: true,
      onSelect: () => page.setOverlay({ kind: 'delete-columns', columnIds: [...columnIds] }),
    });
  return <Menu anchor={anchor} label={`Menu of ${what}`} items={items} onClose={onClose} />;
}
