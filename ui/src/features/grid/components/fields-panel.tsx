import { useState } from 'react';
import { Button } from '@/components/button';
import { Input } from '@/components/field';
import { Shown } from '@/components/shown';
import type { Column } from '@/api/types';
import type { ColumnLayout } from '@/grid/events';
import { holds } from '@/lib/fold';
import { ColumnIcon } from './type-icon';

export function FieldsPanel({
  columns,
  layout,
  onChange,
}: {
  columns: Column[];
  layout: ColumnLayout[];
  onChange: (l: ColumnLayout[]) => void;
}) {
  const [text, setText] = useState('');
  const byId = new Map(columns.map((c) => [c.id, c]));
  const shown = layout.filter((l) => holds(byId.get(l.id)?.name ?? '', text));
  const setAll = (hidden: boolean): void => onChange(layout.map((l) => ({ ...l, hidden })));
  return (
    <div className="flex w-64 flex-col gap-2 p-2">
      <Input
        value={text}
        data-autofocus
        aria-label="Find a field"
        placeholder="Find a field"
        onChange={(e) => setText(e.target.value)}
      />
      <ul className="max-h-80 overflow-y-auto">
        {shown.map((l) => {
          const column = byId.get(l.id);
          if (!column) return null;
          return (
            <li key={l.id}>
              <label className="flex h-8 cursor-pointer items-center gap-2.5 rounded-md px-1.5 hover:bg-hover">
                <input
                  type="checkbox"
                  role="switch"
                  className="size-3.5 accent-primary"
                  checked={!l.hidden}
                  onChange={(e) =>
                    onChange(layout.map((x) => (x.id === l.id ? { ...x, hidden: !e.target.checked } : x)))
                  }
                />
                <span className="text-ink-3">
                  <ColumnIcon column={column} />
                </span>
                <span className="truncate">
                  <Shown text={column.name} />
                </span>
              </label>
            </li>
          );
        })}
      </ul>
      <div className="flex gap-2 border-t border-line pt-2">
        <Button size="sm" className="flex-1" onClick={() => setAll(false)}>
          Show all
        </Button>
        <Button size="sm" className="flex-1" onClick={() => setAll(true)}>
          Hide all
        </Button>
      </div>
    </div>
  );
}
