import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { Column, Condition, Filter } from '@/api/types';
import { spelled } from '@/lib/signs';
import { flatten, opsFor, unflatten, type FlatFilter } from '../filters';
import { ValueInput } from './value-input';

export function FilterPanel({
  columns,
  filter,
  onChange,
}: {
  columns: Column[];
  filter: Filter | null;
  onChange: (f: Filter | null) => void;
}) {
  const [flat, setFlat] = useState<FlatFilter | null>(() => flatten(filter));
  if (!flat) {
    return (
      <div className="w-80 p-4">
        <p>This view has a filter with nested groups, made through the API. It can be removed here, not edited.</p>
        <Button
          size="sm"
          className="mt-3"
          onClick={() => {
            onChange(null);
            setFlat({ join: 'and', conditions: [] });
          }}
        >
          Remove the filter
        </Button>
      </div>
    );
  }
  const set = (next: FlatFilter): void => {
    setFlat(next);
    onChange(unflatten(next));
  };
  const replace = (i: number, c: Condition): void =>
    set({ ...flat, conditions: flat.conditions.map((x, n) => (n === i ? c : x)) });
  const add = (): void => {
    const first = columns[0];
    if (first)
      set({
        ...flat,
        conditions: [...flat.conditions, { column: first.id, op: opsFor(first)[0]?.op ?? 'is', value: '' }],
      });
  };
  return (
    <div className="flex w-[560px] max-w-[calc(100vw-32px)] flex-col gap-2 p-3">
      {flat.conditions.length === 0 && <p className="text-ink-2">No filter: every row is shown.</p>}
      {flat.conditions.map((c, i) => (
        <div key={i} className="flex flex-wrap items-center gap-2">
          {i === 0 ? (
            <span className="w-16 pl-2 text-sm text-ink-3">Where</span>
          ) : i === 1 ? (
            <Select
              aria-label="Join conditions with"
              className="!w-16"
              value={flat.join}
              onChange={(e) => set({ ...flat, join: e.target.value === 'or' ? 'or' : 'and' })}
            >
              <option value="and">and</option>
              <option value="or">or</option>
            </Select>
          ) : (
            <span className="w-16 pl-2 text-sm text-ink-3">{flat.join}</span>
          )}
          <ConditionRow columns={columns} condition={c} onChange={(next) => replace(i, next)} />
          <IconButton
            label="Remove the condition"
            size="sm"
            onClick={() => set({ ...flat, conditions: flat.conditions.filter((_, n) => n !== i) })}
          >
            <X size={14} />
          </IconButton>
        </div>
      ))}
      <div className="flex justify-between pt-1">
        <Button size="sm" variant="ghost" icon={<Plus size={14} />} data-autofocus onClick={add}>
          Add condition
        </Button>
        {flat.conditions.length > 0 && (
          <Button size="sm" variant="ghost" onClick={() => set({ join: 'and', conditions: [] })}>
            Clear all
          </Button>
        )}
      </div>
    </div>
  );
}

function ConditionRow({
  columns,
  condition,
  onChange,
}: {
  columns: Column[];
  condition: Condition;
  onChange: (c: Condition) => void;
}) {
  const column = columns.find((c) => c.id === condition.column) ?? columns[0];
  if (!column) return null;
  const infos = opsFor(column);
  const info = infos.find((o) => o.op === condition.op) ?? infos[0];
  return (
    <>
      <Select
        aria-label="Column"
        className="!w-36"
        value={column.id}
        onChange={(e) => {
          const next = columns.find((c) => c.id === e.target.value) ?? column;
          onChange({ column: next.id, op: opsFor(next)[0]?.op ?? 'is', value: next.type === 'boolean' ? true : '' });
        }}
      >
        {columns.map((c) => (
          <option key={c.id} value={c.id}>
            {spelled(c.name)}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Condition"
        className="!w-32"
        value={condition.op}
        onChange={(e) => {
          const next = infos.find((o) => o.op === e.target.value);
          if (next)
            onChange(next.input === info?.input ? { ...condition, op: next.op } : start(column, next.op, next.input));
        }}
      >
        {infos.map((o) => (
          <option key={o.op} value={o.op}>
            {o.label}
          </option>
        ))}
      </Select>
      <ValueInput
        column={column}
        kind={info?.input ?? 'value'}
        value={condition.value ?? null}
        onChange={(value) => onChange({ ...condition, value })}
      />
    </>
  );
}

function start(column: Column, op: Condition['op'], input: string): Condition {
  if (input === 'none') return { column: column.id, op };
  if (input === 'range') return { column: column.id, op, value: ['', ''] };
  if (input === 'list') return { column: column.id, op, value: [] };
  if (input === 'days') return { column: column.id, op, value: { last: 30, unit: 'day' } };
  if (input === 'state') return { column: column.id, op, value: 'error' };
  return { column: column.id, op, value: column.type === 'boolean' ? true : '' };
}
