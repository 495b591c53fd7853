import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { Column, SortKey } from '@/api/types';
import { spelled } from '@/lib/signs';

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
  const move = (i: number, by: number): void => {
    const next = [...sort];
    const [key] = next.splice(i, 1);
    if (key) next.splice(i + by, 0, key);
    onChange(next);
  };
  return (
    <div className="flex w-[380px] max-w-[calc(100vw-32px)] flex-col gap-2 p-3">
      {sort.length === 0 && <p className="text-ink-2">Rows are in the order in which they were added.</p>}
      {sort.map((s, i) => (
        <div key={s.column} className="flex items-center gap-2">
          <span className="w-14 text-sm text-ink-3">{i === 0 ? 'Sort by' : 'then by'}</span>
          <Select aria-label="Column" value={s.column} onChange={(e) => replace(i, { ...s, column: e.target.value })}>
            {columns
              .filter((c) => c.id === s.column || free.includes(c))
              .map((c) => (
                <option key={c.id} value={c.id}>
                  {spelled(c.name)}
                </option>
              ))}
          </Select>
          <Button
            size="md"
            onClick={() => replace(i, { ...s, dir: s.dir === 'asc' ? 'desc' : 'asc' })}
            icon={s.dir === 'asc' ? <ArrowUp size={14} /> : <ArrowDown size={14} />}
            aria-label={s.dir === 'asc' ? 'Ascending; make it descending' : 'Descending; make it ascending'}
          >
            {s.dir === 'asc' ? 'A–Z' : 'Z–A'}
          </Button>
          {i > 0 && (
            <IconButton label="Move up" size="sm" onClick={() => move(i, -1)}>
              <ArrowUp size={14} />
            </IconButton>
          )}
          <IconButton label="Remove" size="sm" onClick={() => onChange(sort.filter((_, n) => n !== i))}>
            <X size={14} />
          </IconButton>
        </div>
      ))}
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
