import {
  ArrowDownAZ,
  ArrowLeftToLine,
  ArrowRightToLine,
  ArrowUpAZ,
  ChartColumn,
  Copy,
  EyeOff,
  ListFilter,
  Pencil,
  Pin,
  PinOff,
  Play,
  RefreshCw,
  Shapes,
  Sparkles,
  SquareFunction,
  TextSearch,
  Trash2,
} from 'lucide-react';
import { useCan } from '@/api/permissions';
import type { Column, Condition, Table } from '@/api/types';
import { Menu, type MenuEntry } from '@/components/menu';
import type { Anchor } from '@/grid/events';
import { isComputed, isReadOnly } from '@/grid/model';
import { opsFor, withCondition } from '../filters';
import type { GridPage } from '../use-grid-page';
import { useViews, type ViewState } from '../view-state';

export interface ColumnMenuProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
  column: Column;
  anchor: Anchor;
  onClose: () => void;
}

export function ColumnMenu({ workspaceId, table, state, page, column, anchor, onClose }: ColumnMenuProps) {
  const can = useCan(workspaceId);
  const change = useViews((s) => s.change);
  const { setOverlay } = page;
  const layout = state.layout;
  const own = layout.find((l) => l.id === column.id);
  const icon = 14;
  const setLayout = (patch: Partial<{ hidden: boolean; pinned: boolean }>): void => {
    const known = layout.some((l) => l.id === column.id)
      ? layout
      : [...layout, { id: column.id, hidden: false, pinned: false }];
    change(table.id, { layout: known.map((l) => (l.id === column.id ? { ...l, ...patch } : l)) });
  };
  const sort = (dir: 'asc' | 'desc'): void =>
    change(table.id, { sort: [{ column: column.id, dir }, ...state.sort.filter((s) => s.column !== column.id)] });
  const filter = (): void => {
    const op = opsFor(column)[0]?.op ?? 'is';
    const condition: Condition =
      op === 'is' && column.type === 'boolean'
        ? { column: column.id, op, value: true }
        : { column: column.id, op: 'not_empty' };
    change(table.id, { filter: withCondition(state.filter, condition) });
  };
  const index = layout.findIndex((l) => l.id === column.id);
  const before = index > 0 ? layout[index - 1]?.id : undefined;
  const manage = can('tables.manage');
  const enrich = column.kind === 'enrichment';

  const items: MenuEntry[] = [];
  if (enrich && can('enrichments.run'))
    items.push({
      label: 'Run column…',
      icon: <Play size={icon} />,
      onSelect: () => setOverlay({ kind: 'run', columnIds: [column.id] }),
    });
  if (enrich && manage)
    items.push({
      label: 'Edit enrichment',
      icon: <Sparkles size={icon} />,
      onSelect: () => page.setPanel({ kind: 'enrichment', columnId: column.id }),
    });
  if (column.kind === 'formula' && manage)
    items.push({
      label: 'Edit formula',
      icon: <SquareFunction size={icon} />,
      onSelect: () => setOverlay({ kind: 'formula', columnId: column.id }),
    });
  if (column.kind === 'lookup' && manage)
    items.push({
      label: 'Edit lookup',
      icon: <TextSearch size={icon} />,
      onSelect: () => setOverlay({ kind: 'lookup', columnId: column.id }),
    });
  if (items.length) items.push(null);
  if (manage) {
    items.push({
      label: 'Rename and edit',
      icon: <Pencil size={icon} />,
      onSelect: () => setOverlay({ kind: 'edit-column', columnId: column.id }),
    });
    if (!isReadOnly(column))
      items.push({
        label: 'Change type',
        icon: <Shapes size={icon} />,
        onSelect: () => setOverlay({ kind: 'change-type', columnId: column.id }),
      });
    items.push(
      {
        label: 'Duplicate',
        icon: <Copy size={icon} />,
        onSelect: () => setOverlay({ kind: 'duplicate-column', columnId: column.id }),
      },
      null,
      {
        label: 'Insert left',
        icon: <ArrowLeftToLine size={icon} />,
        onSelect: () => setOverlay({ kind: 'add-column', anchor, ...(before ? { after: before } : {}) }),
      },
      {
        label: 'Insert right',
        icon: <ArrowRightToLine size={icon} />,
        onSelect: () => setOverlay({ kind: 'add-column', anchor, after: column.id }),
      },
      null,
    );
  }
  items.push(
    { label: 'Sort ascending', icon: <ArrowDownAZ size={icon} />, onSelect: () => sort('asc') },
    { label: 'Sort descending', icon: <ArrowUpAZ size={icon} />, onSelect: () => sort('desc') },
    { label: 'Filter by this column', icon: <ListFilter size={icon} />, onSelect: filter },
    {
      label: 'Summary',
      icon: <ChartColumn size={icon} />,
      onSelect: () => setOverlay({ kind: 'summary', columnId: column.id, anchor }),
    },
    null,
    {
      label: own?.pinned ? 'Unpin' : 'Pin to the left',
      icon: own?.pinned ? <PinOff size={icon} /> : <Pin size={icon} />,
      onSelect: () => setLayout({ pinned: !own?.pinned }),
    },
    { label: 'Hide', icon: <EyeOff size={icon} />, onSelect: () => setLayout({ hidden: true }) },
  );
  if (enrich || isComputed(column))
    items.push({
      label: 'Show failed rows',
      icon: <RefreshCw size={icon} />,
      onSelect: () => change(table.id, { filter: { and: [{ column: column.id, op: 'state', value: 'error' }] } }),
    });
  if (manage)
    items.push(null, {
      label: 'Delete',
      icon: <Trash2 size={icon} />,
      danger: true,
      onSelect: () => setOverlay({ kind: 'delete-column', columnId: column.id }),
    });
  return <Menu anchor={anchor} label={`Menu of ${column.name}`} items={items} onClose={onClose} />;
}
