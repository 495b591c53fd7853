import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { Column, SortKey } from '@/api/types';
import { spelled } from '@/lib/signs';
import { SortableList } from './sortable-list';

export function SortPanel({
  columns,
  sort,
  onChange,
}: {
  columns: Column[];
  sort: SortKey[];
  onChange: (s: SortKey[]) => void;
}) {
  const free = columns.filter((c) => !sort.some((s) => s.column === c.id));
  const replace = (i: number, key: SortKey): void => onChange(sort.map((s, n) => (n === i ? key : s)));
  return (
    <div className="flex w-[400px] max-w-[calc(100vw-32px)] flex-col gap-2 p-3">
      {sort.length === 0 && <p className="text-ink-2">Rows are in the order in which they were added.</p>}
      <SortableList
        items={sort}
        keyOf={(s) => s.column}
        nameOf={(s) => spelled(columns.find((c) => c.id === s.column)?.name ?? '')}
        onMove={onChange}
      >
        {(s, i) => (
          <>
            <span className="w-14 shrink-0 text-sm text-ink-3">{i === 0 ? 'Sort by' : 'then by'}</span>
            <ColumnSelect
              columns={columns.filter((c) => c.id === s.column || free.includes(c))}
              value={s.column}
              onChange={(column) => replace(i, { ...s, column })}
            />
            <DirectionButton dir={s.dir} onChange={(dir) => replace(i, { ...s, dir })} />
            <IconButton label="Remove" size="sm" onClick={() => onChange(sort.filter((_, n) => n !== i))}>
              <X size={14} />
            </IconButton>
          </>
        )}
      </SortableList>
      <div>
        <Button
          size="sm"
          variant="ghost"
          data-autofocus
          icon={<Plus size={14} />}
          disabled={free.length === 0}
          onClick={() => free[0] && onChange([...sort, { column: free[0].id, dir: 'asc' }])}
        >
          Add sort
        </Button>
      </div>
    </div>
  );
}

export function ColumnSelect({
  columns,
  value,
  onChange,
}: {
  columns: readonly Column[];
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <Select aria-label="Column" className="min-w-0" value={value} onChange={(e) => onChange(e.target.value)}>
      {columns.map((c) => (
        <option key={c.id} value={c.id}>
          {spelled(c.name)}
        </option>
      ))}
    </Select>
  );
}

export function DirectionButton({ dir, onChange }: { dir: 'asc' | 'desc'; onChange: (dir: 'asc' | 'desc') => void }) {
  return (
    <Button
      size="md"
      className="shrink-0"
      onClick={() => onChange(dir === 'asc' ? 'desc' : 'asc')}
      icon={dir === 'asc' ? <ArrowUp size={14} /> : <ArrowDown size={14} />}
      aria-label={dir === 'asc' ? 'Ascending; make it descending' : 'Descending; make it ascending'}
    >
      {dir === 'asc' ? 'A–Z' : 'Z–A'}
    </Button>
  );
}
