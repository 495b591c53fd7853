import type { CellValue, Column } from '@/api/types';
import { Input, Select } from '@/components/field';
import { TypedInput } from '@/grid/typed-input';
import { spelled } from '@/lib/signs';
import { PeriodInput, TextsInput } from './period-input';

const STATES = [
  'unverified',
  'verified',
  'error',
  'not_found',
  'running',
  'queued',
  'rate_limited',
  'skipped',
  'empty',
  'value',
  'stale',
];

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
  const text = (v: CellValue | undefined): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '');
  const typed = typedAs(column);
  if (kind === 'none') return null;
  if (kind === 'state') return <Options value={text(value)} names={STATES} onChange={onChange} />;
  if (kind === 'period') return <PeriodInput column={column} value={value} onChange={onChange} />;
  if (kind === 'texts') return <TextsInput value={value} onChange={onChange} />;
  if (kind === 'range') {
    const pair = Array.isArray(value) ? value : ['', ''];
    return (
      <span className="flex min-w-0 flex-1 items-start gap-1">
        <TypedInput
          aria-label="From"
          column={typed}
          value={pair[0] ?? null}
          onChange={(v) => onChange([v ?? '', pair[1] ?? ''])}
        />
        <TypedInput
          aria-label="To"
          column={typed}
          value={pair[1] ?? null}
          onChange={(v) => onChange([pair[0] ?? '', v ?? ''])}
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
          <option key={n} value={n}>
            {spelled(n)}
          </option>
        ))}
      </select>
    );
  }
  if (names.length && (column.type === 'select' || column.type === 'multi_select'))
    return <Options value={text(value)} names={names} onChange={onChange} />;
  if (typed.type !== 'text')
    return (
      <TypedInput
        aria-label="Value"
        column={typed}
        className="min-w-24 flex-1"
        value={value === '' ? null : value}
        onChange={(v) => onChange(v ?? '')}
      />
    );
  return (
    <Input
      aria-label="Value"
      className="!w-auto min-w-24 flex-1"
      value={text(value)}
      onChange={(e) => onChange(e.target.value)}
    />
  );
}

/** The column by which a value is read; what is compared as a text need not be a value of its type. */
function typedAs(column: Column): Column {
  if (column.type === 'created_at' || column.type === 'updated_at') return { ...column, type: 'datetime' };
  const typed = ['date', 'datetime', 'number', 'currency', 'percent'].includes(column.type);
  return typed ? column : { ...column, type: 'text' };
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
          {spelled(n.replaceAll('_', ' '))}
        </option>
      ))}
    </Select>
  );
}
