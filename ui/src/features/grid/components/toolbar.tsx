import {
  ArrowUpDown,
  CalendarClock,
  EyeOff,
  Group,
  ListFilter,
  Palette,
  Redo2,
  Rows3,
  Search,
  Undo2,
  X,
} from 'lucide-react';
import { useEffect, useState, type Ref } from 'react';
import { useCan } from '@/api/permissions';
import type { RowHeight, Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { MenuTrigger } from '@/components/menu';
import { countConditions } from '../filters';
import type { GridPage } from '../use-grid-page';
import { useViews, type ViewState } from '../view-state';
import { ColourPanel } from './colour-panel';
import { ExportMenu } from './export-menu';
import { FieldsPanel } from './fields-panel';
import { FilterPanel } from './filter-panel';
import { GroupPanel } from './group-panel';
import { SortPanel } from './sort-panel';
import { ToolbarButton } from './toolbar-button';

export interface ToolbarProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
  searchRef: Ref<HTMLInputElement>;
  onTravel: () => void;
}
const heights: { value: RowHeight; label: string }[] = [
  { value: 'short', label: 'Short' },
  { value: 'medium', label: 'Medium' },
  { value: 'tall', label: 'Tall' },
];

export function Toolbar({ workspaceId, table, state, page, searchRef, onTravel }: ToolbarProps) {
  const change = useViews((s) => s.change);
  const can = useCan(workspaceId);
  const hidden = state.layout.filter((l) => l.hidden).length;
  return (
    <div
      role="toolbar"
      aria-label="View"
      className="flex h-10 shrink-0 items-center gap-1 overflow-x-auto border-b border-line px-2"
    >
      <ToolbarButton
        icon={<EyeOff size={14} />}
        label="Fields"
        text={hidden ? 'Hidden fields' : 'Fields'}
        active={hidden}
      >
        {() => (
          <FieldsPanel
            columns={table.columns}
            layout={state.layout}
            onChange={(layout) => change(table.id, { layout })}
          />
        )}
      </ToolbarButton>
      <ToolbarButton icon={<ListFilter size={14} />} label="Filter" active={countConditions(state.filter)}>
        {() => (
          <FilterPanel
            columns={table.columns}
            filter={state.filter}
            onChange={(filter) => change(table.id, { filter })}
          />
        )}
      </ToolbarButton>
      <ToolbarButton icon={<Group size={14} />} label="Group" active={state.groups.length}>
        {() => (
          <GroupPanel
            columns={table.columns}
            groups={state.groups}
            aggregates={state.aggregates}
            onChange={(to) => change(table.id, to)}
            onAll={(open) => page.lines && page.grid?.regroup(page.lines.setAll(open))}
          />
        )}
      </ToolbarButton>
      <ToolbarButton icon={<ArrowUpDown size={14} />} label="Sort" active={state.sort.length}>
        {() => <SortPanel columns={table.columns} sort={state.sort} onChange={(sort) => change(table.id, { sort })} />}
      </ToolbarButton>
      <ToolbarButton icon={<Palette size={14} />} label="Colour" active={state.colours.length}>
        {() => (
          <ColourPanel
            columns={table.columns}
            rules={state.colours}
            onChange={(colours) => change(table.id, { colours })}
          />
        )}
      </ToolbarButton>
      <MenuTrigger
        label="Row height"
        items={heights.map((h) => ({
          label: h.label,
          checked: state.rowHeight === h.value,
          onSelect: () => change(table.id, { rowHeight: h.value }),
        }))}
        trigger={(p) => (
          <IconButton label="Row height" size="sm" className="!size-7" active={state.rowHeight !== 'short'} {...p}>
            <Rows3 size={14} />
          </IconButton>
        )}
      />
      <div className="mx-1 h-4 w-px shrink-0 bg-line" />
      {can('rows.edit') && (
        <>
          <IconButton label="Undo (Ctrl+Z)" size="sm" className="!size-7" onClick={() => void page.undo.undo()}>
            <Undo2 size={14} />
          </IconButton>
          <IconButton label="Redo (Ctrl+Y)" size="sm" className="!size-7" onClick={() => void page.undo.redo()}>
            <Redo2 size={14} />
          </IconButton>
        </>
      )}
      <IconButton label="Time travel" size="sm" className="!size-7" onClick={onTravel}>
        <CalendarClock size={14} />
      </IconButton>
      <div className="hidden flex-1 sm:block" />
      <SearchBox
        value={state.q}
        onChange={(q) => change(table.id, { q })}
        inputRef={searchRef}
        onLeave={() => page.grid?.focus()}
      />
      {can('data.export') && <ExportMenu workspaceId={workspaceId} table={table} state={state} page={page} />}
    </div>
  );
}

const PAUSE_MS = 250;

function SearchBox({
  value,
  onChange,
  inputRef,
  onLeave,
}: {
  value: string;
  onChange: (q: string) => void;
  inputRef: Ref<HTMLInputElement>;
  onLeave: () => void;
}) {
  const [text, setText] = useState(value);
  const [from, setFrom] = useState(value);
  if (from !== value) {
    setFrom(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className="relative min-w-28 flex-1 sm:w-56 sm:flex-none">
      <Search size={14} className="pointer-events-none absolute top-2 left-2 text-ink-3" />
      <input
        ref={inputRef}
        value={text}
        aria-label="Search in this table"
        placeholder="Search"
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') {
            setText('');
            onChange('');
            onLeave();
          } else if (e.key === 'Enter') {
            onChange(text);
            onLeave();
          }
        }}
        className="h-[30px] w-full rounded-md border border-line bg-sunken pr-7 pl-7 text-base outline-none transition-colors hover:border-line-strong focus:border-primary focus:bg-surface"
      />
      {text && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => {
            setText('');
            onChange('');
          }}
          className="absolute top-2 right-2 text-ink-3 hover:text-ink"
        >
          <X size={14} />
        </button>
      )}
    </div>
  );
}
