import { useMutation } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Column, Table } from '@/api/types';
import type { DuplicateKey, DuplicateMatch } from '@/api/types-duplicates';
import { Button, IconButton } from '@/components/button';
import { Field, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Notice } from '@/components/states';
import { scan, type Place } from '../api/duplicates';
import { matchNames, matchOf } from '../choice';

const MAX_KEYS = 5;

/** The columns that tell most about who or what a row stands for. */
function suggested(columns: Column[]): DuplicateKey[] {
  const telling: DuplicateMatch[] = ['email', 'name', 'phone', 'company', 'domain'];
  const keys = columns.map((c) => ({ column_id: c.id, match: matchOf(c) }));
  const out = telling.flatMap((m) => keys.find((k) => k.match === m) ?? []).slice(0, 4);
  return out.length > 0 ? out : keys.slice(0, 1);
}

/** Says by which columns rows are compared. */
export function ScanForm({ place, table, onStarted }: { place: Place; table: Table; onStarted: (id: string) => void }) {
  const columns = table.columns;
  const [keys, setKeys] = useState(() => suggested(columns));
  const [threshold, setThreshold] = useState(0.8);
  const start = useMutation({ mutationFn: () => scan(place, keys, threshold), onSuccess: onStarted });
  const free = columns.filter((c) => !keys.some((k) => k.column_id === c.id));
  const change = (i: number, to: Partial<DuplicateKey>): void =>
    setKeys(keys.map((k, n) => (n === i ? { ...k, ...to } : k)));
  return (
    <Card title="Compare rows" text="Rows are duplicates when what these columns say of them agrees well enough.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          start.mutate();
        }}
      >
        {keys.map((k, i) => (
          <div key={k.column_id} className="flex flex-wrap items-end gap-2">
            <Field label={`Column ${i + 1}`} className="min-w-0 flex-1 basis-32">
              {(ids) => (
                <Select
                  {...ids}
                  value={k.column_id}
                  onChange={(e) => {
                    const column = columns.find((c) => c.id === e.target.value);
                    if (column) change(i, { column_id: column.id, match: matchOf(column) });
                  }}
                >
                  {columns
                    .filter((c) => c.id === k.column_id || free.includes(c))
                    .map((c) => (
                      <option key={c.id} value={c.id}>
                        {c.name}
                      </option>
                    ))}
                </Select>
              )}
            </Field>
            <Field label="Compare as" className="min-w-0 flex-1 basis-32">
              {(ids) => (
                <Select
                  {...ids}
                  value={k.match}
                  onChange={(e) => change(i, { match: e.target.value as DuplicateMatch })}
                >
                  {Object.entries(matchNames).map(([match, name]) => (
                    <option key={match} value={match}>
                      {name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <IconButton
              label={`Leave out column ${i + 1}`}
              disabled={keys.length === 1}
              onClick={() => setKeys(keys.filter((_, n) => n !== i))}
            >
              <X size={16} />
            </IconButton>
          </div>
        ))}
        {keys.length < MAX_KEYS && free[0] && (
          <Button
            className="self-start"
            icon={<Plus size={14} />}
            onClick={() => free[0] && setKeys([...keys, { column_id: free[0].id, match: matchOf(free[0]) }])}
          >
            Compare another column
          </Button>
        )}
        <Field label="How sure" hint="Lower finds more, and more that are none.">
          {(ids) => (
            <Select {...ids} value={threshold} onChange={(e) => setThreshold(Number(e.target.value))}>
              <option value={0.95}>95 %: almost certain</option>
              <option value={0.8}>80 %: probable</option>
              <option value={0.6}>60 %: possible</option>
            </Select>
          )}
        </Field>
        {start.error && <Notice tone="danger">{messageOf(start.error)}</Notice>}
        <Button type="submit" variant="primary" busy={start.isPending} className="self-start">
          Find duplicates
        </Button>
      </form>
    </Card>
  );
}
