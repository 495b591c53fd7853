import { useState } from 'react';
import { Input, Select } from '@/components/field';
import type { CellValue, Column } from '@/api/types';
import { NumberInput } from '@/grid/typed-input';
import { isPeriod, type Period, type PeriodUnit } from '../period';

const UNITS: PeriodUnit[] = ['hour', 'day', 'week', 'month', 'quarter', 'year'];

/** A time relative to now: this quarter, the last 30 days, the next 2 weeks. */
export function PeriodInput({
  column,
  value,
  onChange,
}: {
  column: Column;
  value: CellValue;
  onChange: (v: CellValue) => void;
}) {
  const period: Period = isPeriod(value) ? value : { this: 'month' };
  const kind = 'this' in period ? 'this' : 'last' in period ? 'last' : 'next';
  const unit = 'this' in period ? period.this : period.unit;
  const n = 'last' in period ? period.last : 'next' in period ? period.next : 1;
  const put = (k: string, count: number, u: PeriodUnit): void =>
    onChange(k === 'this' ? { this: u } : k === 'last' ? { last: count, unit: u } : { next: count, unit: u });
  const units = column.type === 'date' ? UNITS.filter((u) => u !== 'hour') : UNITS;
  return (
    <span className="flex min-w-0 flex-1 flex-wrap items-start gap-2">
      <Select
        aria-label="Period"
        className="!w-auto"
        value={kind}
        onChange={(e) => put(e.target.value, e.target.value === 'this' ? 1 : n === 1 ? 30 : n, unit)}
      >
        <option value="this">this</option>
        <option value="last">the last</option>
        <option value="next">the next</option>
      </Select>
      {kind !== 'this' && (
        <NumberInput
          aria-label="How many"
          whole
          min={1}
          max={10_000}
          className="w-20"
          value={n}
          onChange={(count) => put(kind, count ?? 1, unit)}
        />
      )}
      <Select
        aria-label="Unit"
        className="!w-auto"
        value={unit}
        onChange={(e) => put(kind, n, e.target.value as PeriodUnit)}
      >
        {units.map((u) => (
          <option key={u} value={u}>
            {kind === 'this' || n === 1 ? u : `${u}s`}
          </option>
        ))}
      </Select>
    </span>
  );
}

/** Several texts, separated by commas. */
export function TextsInput({ value, onChange }: { value: CellValue; onChange: (v: CellValue) => void }) {
  const [text, setText] = useState(() => (Array.isArray(value) ? value.map(String).join(', ') : ''));
  return (
    <Input
      aria-label="Values, separated by commas"
      placeholder="One, another"
      className="!w-auto min-w-24 flex-1"
      value={text}
      onChange={(e) => {
        setText(e.target.value);
        onChange(
          e.target.value
            .split(',')
            .map((t) => t.trim())
            .filter((t) => t !== ''),
        );
      }}
    />
  );
}
