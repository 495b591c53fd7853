import { Select } from '@/components/field';
import type { Column, Condition } from '@/api/types';
import { spelled } from '@/lib/signs';
import { conditionOf, firstCondition, infoOf, opsFor } from '../filters';
import { ValueInput } from './value-input';

/** One condition: column, operator, value. */
export function ConditionRow({
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
  const info = infoOf(column, condition);
  return (
    <>
      <Select
        aria-label="Column"
        className="!w-36"
        value={column.id}
        onChange={(e) => onChange(firstCondition(columns.find((c) => c.id === e.target.value) ?? column))}
      >
        {columns.map((c) => (
          <option key={c.id} value={c.id}>
            {spelled(c.name)}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Condition"
        className="!w-40"
        value={info?.label ?? ''}
        onChange={(e) => {
          const next = infos.find((o) => o.label === e.target.value);
          if (next) onChange(next.input === info?.input ? { ...condition, op: next.op } : conditionOf(column, next));
        }}
      >
        {infos.map((o) => (
          <option key={o.label} value={o.label}>
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
