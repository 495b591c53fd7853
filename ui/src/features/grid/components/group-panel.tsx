import { ChevronsDownUp, ChevronsUpDown, Plus, X } from 'lucide-react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { Aggregate, AggregateFunc, Column, ColumnType, Group, GroupUnit } from '@/api/types';
import { isNumeric } from '@/grid/model';
import { spelled } from '@/lib/signs';
import { isDated, isGroupable } from '../group-label';
import { ColumnSelect, DirectionButton } from './sort-panel';
import { SortableList } from './sortable-list';

const MAX_LEVELS = 3;
const UNITS: GroupUnit[] = ['day', 'week', 'month', 'quarter', 'year'];
const FUNCS: Record<AggregateFunc, string> = {
  sum: 'Sum',
  avg: 'Average',
  min: 'Minimum',
  max: 'Maximum',
  filled: 'Filled',
  empty: 'Empty',
};
/** Types of which rows often share a value. */
const FEW_VALUES: ReadonlySet<ColumnType> = new Set<ColumnType>(['select', 'multi_select', 'boolean', 'user']);
const DATES: ReadonlySet<ColumnType> = new Set<ColumnType>(['date', 'datetime']);

export function funcsOf(column: Column): AggregateFunc[] {
  if (isNumeric(column.type)) return ['sum', 'avg', 'min', 'max', 'filled', 'empty'];
  return DATES.has(column.type) ? ['min', 'max', 'filled', 'empty'] : ['filled', 'empty'];
}

/** The aggregates to begin with: sums of amounts, averages of percentages. */
export function firstAggregates(columns: readonly Column[]): Aggregate[] {
  return columns
    .filter((c) => isNumeric(c.type))
    .slice(0, 10)
    .map((c) => ({ column: c.id, of: c.type === 'percent' ? 'avg' : 'sum' }));
}

export interface GroupPanelProps {
  columns: Column[];
  groups: Group[];
  aggregates: Aggregate[];
  onChange: (change: { groups?: Group[]; aggregates?: Aggregate[] }) => void;
  /** Opens or closes every group. */
  onAll: (open: boolean) => void;
}

/** What rows are grouped by, and what each group shows of them. */
export function GroupPanel({ columns, groups, aggregates, onChange, onAll }: GroupPanelProps) {
  const free = columns.filter((c) => isGroupable(c) && !groups.some((g) => g.column === c.id));
  const replace = (i: number, group: Group): void => onChange({ groups: groups.map((g, n) => (n === i ? group : g)) });
  const columnOf = (id: string): Column | undefined => columns.find((c) => c.id === id);
  const add = (): void => {
    const first = free.find((c) => FEW_VALUES.has(c.type)) ?? free[0];
    if (!first) return;
    onChange({
      groups: [...groups, fresh(first)],
      ...(groups.length === 0 && aggregates.length === 0 ? { aggregates: firstAggregates(columns) } : {}),
    });
  };
  return (
    <div className="flex max-h-[70vh] w-[460px] max-w-[calc(100vw-32px)] flex-col gap-2 overflow-y-auto p-3">
      {groups.length === 0 && <p className="text-ink-2">Rows are not grouped.</p>}
      <SortableList
        items={groups}
        keyOf={(g) => g.column}
        nameOf={(g) => spelled(columnOf(g.column)?.name ?? '')}
        onMove={(next) => onChange({ groups: next })}
      >
        {(g, i) => {
          const column = columnOf(g.column);
          return (
            <>
              <ColumnSelect
                columns={columns.filter((c) => c.id === g.column || free.includes(c))}
                value={g.column}
                onChange={(id) => {
                  const next = columnOf(id);
                  if (next) replace(i, { ...fresh(next), dir: g.dir });
                }}
              />
              {column && isDated(column) && (
                <Select
                  aria-label="By"
                  className="!w-28 shrink-0"
                  value={g.unit ?? 'day'}
                  onChange={(e) => replace(i, { ...g, unit: e.target.value as GroupUnit })}
                >
                  {UNITS.map((u) => (
                    <option key={u} value={u}>
                      by {u}
                    </option>
                  ))}
                </Select>
              )}
              <DirectionButton dir={g.dir} onChange={(dir) => replace(i, { ...g, dir })} />
              <IconButton
                label="Remove the group"
                size="sm"
                onClick={() => onChange({ groups: groups.filter((_, n) => n !== i) })}
              >
                <X size={14} />
              </IconButton>
            </>
          );
        }}
      </SortableList>
      <div className="flex flex-wrap gap-1">
        <Button
          size="sm"
          variant="ghost"
          data-autofocus
          icon={<Plus size={14} />}
          disabled={free.length === 0 || groups.length >= MAX_LEVELS}
          onClick={add}
        >
          {groups.length === 0 ? 'Group by a column' : 'Add level'}
        </Button>
        {groups.length > 0 && (
          <>
            <Button size="sm" variant="ghost" icon={<ChevronsUpDown size={14} />} onClick={() => onAll(true)}>
              Expand all
            </Button>
            <Button size="sm" variant="ghost" icon={<ChevronsDownUp size={14} />} onClick={() => onAll(false)}>
              Collapse all
            </Button>
          </>
        )}
      </div>
      {groups.length > 0 && (
        <Aggregates columns={columns} aggregates={aggregates} onChange={(next) => onChange({ aggregates: next })} />
      )}
    </div>
  );
}

const fresh = (column: Column): Group => ({
  column: column.id,
  dir: 'asc',
  ...(isDated(column) ? { unit: 'month' as const } : {}),
});

function Aggregates({
  columns,
  aggregates,
  onChange,
}: {
  columns: Column[];
  aggregates: Aggregate[];
  onChange: (a: Aggregate[]) => void;
}) {
  const free = columns.filter((c) => !aggregates.some((a) => a.column === c.id));
  const replace = (i: number, a: Aggregate): void => onChange(aggregates.map((x, n) => (n === i ? a : x)));
  return (
    <fieldset className="flex flex-col gap-2 border-t border-line pt-2">
      <legend className="sr-only">What each group shows</legend>
      <span className="text-sm font-medium text-ink-2">Each group shows</span>
      {aggregates.map((a, i) => {
        const column = columns.find((c) => c.id === a.column);
        if (!column) return null;
        return (
          <div key={a.column} className="flex items-center gap-2">
            <Select
              aria-label="Aggregate"
              className="!w-32 shrink-0"
              value={a.of}
              onChange={(e) => replace(i, { ...a, of: e.target.value as AggregateFunc })}
            >
              {funcsOf(column).map((f) => (
                <option key={f} value={f}>
                  {FUNCS[f]}
                </option>
              ))}
            </Select>
            <span className="shrink-0 text-sm text-ink-3">of</span>
            <ColumnSelect
              columns={columns.filter((c) => c.id === a.column || free.includes(c))}
              value={a.column}
              onChange={(id) => {
                const next = columns.find((c) => c.id === id);
                if (next) replace(i, { column: id, of: funcsOf(next).find((f) => f === a.of) ?? 'filled' });
              }}
            />
            <IconButton
              label={`Remove what is shown of ${column.name}`}
              size="sm"
              onClick={() => onChange(aggregates.filter((_, n) => n !== i))}
            >
              <X size={14} />
            </IconButton>
          </div>
        );
      })}
      <div>
        <Button
          size="sm"
          variant="ghost"
          icon={<Plus size={14} />}
          disabled={free.length === 0}
          onClick={() => {
            const next = free.find((c) => isNumeric(c.type)) ?? free[0];
            if (next) onChange([...aggregates, { column: next.id, of: funcsOf(next)[0] ?? 'filled' }]);
          }}
        >
          Add an aggregate
        </Button>
      </div>
    </fieldset>
  );
}
