import type { CellValue, Column } from '@/api/types';
import { Input, Select } from '@/components/field';

const STATES = ['error', 'running', 'queued', 'skipped', 'empty', 'value', 'stale'];

/** The control for a condition's value, by the column's type and the operator. */
export function ValueInput({
  column,
  kind,
  value,
  onChange,
}: {
  column: Column;
  kind: string;
  value: CellValue;
  onChange: (v: CellValue) => void;
}) {
  const isDate = ['date', 'datetime', 'created_at', 'updated_at'].includes(column.type);
  const isNumber = ['number', 'currency', 'percent'].includes(column.type);
  const text = (v: CellValue | undefined): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '');
  const read = (s: string): CellValue => (isNumber && s !== '' && s.replace(/\D/g, '').length <= 15 ? Number(s) : s);
  const type = isDate ? 'date' : isNumber ? 'number' : 'text';
  if (kind === 'none') return null;
  if (kind === 'state') return <Options value={text(value)} names={STATES} onChange={onChange} />;
  if (kind === 'days') {
    const last = typeof value === 'object' && value && !Array.isArray(value) ? text(value['last']) : '30';
    return (
      <Input
        aria-label="Days"
        type="number"
        min={1}
        className="!w-24"
        value={last}
        onChange={(e) => onChange({ last: Math.max(1, Number(e.target.value) || 1), unit: 'day' })}
      />
    );
  }
  if (kind === 'range') {
    const pair = Array.isArray(value) ? value : ['', ''];
    return (
      <span className="flex min-w-0 flex-1 items-center gap-1">
        <Input
          aria-label="From"
          type={type}
          value={text(pair[0])}
          onChange={(e) => onChange([read(e.target.value), pair[1] ?? ''])}
        />
        <Input
          aria-label="To"
          type={type}
          value={text(pair[1])}
          onChange={(e) => onChange([pair[0] ?? '', read(e.target.value)])}
        />
      </span>
    );
  }
  if (column.type === 'boolean') {
    return (
      <Select
        aria-label="Value"
        className="!w-auto flex-1"
        value={value === false ? 'no' : 'yes'}
        onChange={(e) => onChange(e.target.value === 'yes')}
      >
        <option value="yes">checked</option>
        <option value="no">not checked</option>
      </Select>
    );
  }
  const names = (column.options ?? []).map((o) => o.name);
  if (kind === 'list') {
    const chosen = Array.isArray(value) ? value.map((v) => text(v)) : [];
    return (
      <select
        multiple
        size={3}
        aria-label="Values"
        value={chosen}
        onChange={(e) => onChange([...e.target.selectedOptions].map((o) => o.value))}
        className="min-w-32 flex-1 rounded-md border border-line-strong bg-surface p-1"
      >
        {names.map((n) => (
          <option key={n}>{n}</option>
        ))}
      </select>
    );
  }
  if (names.length && (column.type === 'select' || column.type === 'multi_select'))
    return <Options value={text(value)} names={names} onChange={onChange} />;
  return (
    <Input
      aria-label="Value"
      type={type}
      step="any"
      className="!w-auto min-w-24 flex-1"
      value={text(value)}
      onChange={(e) => onChange(read(e.target.value))}
    />
  );
}

function Options({ value, names, onChange }: { value: string; names: string[]; onChange: (v: CellValue) => void }) {
  return (
    <Select
      aria-label="Value"
      className="!w-auto min-w-24 flex-1"
      value={value}
      onChange={(e) => onChange(e.target.value)}
    >
      <option value="">Choose…</option>
      {names.map((n) => (
        <option key={n} value={n}>
          {n.replaceAll('_', ' ')}
        </option>
      ))}
    </Select>
  );
}
