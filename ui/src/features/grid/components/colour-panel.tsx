import { Plus, X } from 'lucide-react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { ColourRule, Column, Condition } from '@/api/types';
import { cx } from '@/lib/cx';
import { SOFT } from '@/lib/colors';
import { spelled } from '@/lib/signs';
import { useState } from 'react';
import { firstCondition, isComplete, isCondition } from '../filters';
import { ConditionRow } from './condition-row';
import { SortableList } from './sortable-list';

const MAX_RULES = 20;
interface Draft extends ColourRule {
  key: string;
}

/** Rules that colour rows or cells; the first one that applies counts. */
export function ColourPanel({
  columns,
  rules,
  onChange,
}: {
  columns: Column[];
  rules: ColourRule[];
  onChange: (rules: ColourRule[]) => void;
}) {
  const [drafts, setDrafts] = useState<Draft[]>(() => rules.map((r) => ({ ...r, key: crypto.randomUUID() })));
  const set = (next: Draft[]): void => {
    setDrafts(next);
    onChange(
      next
        .filter((r) => !isCondition(r.when) || isComplete(r.when))
        .map(({ column, colour, when }) => ({ ...(column ? { column } : {}), colour, when })),
    );
  };
  const replace = (key: string, change: Partial<Draft>): void =>
    set(drafts.map((d) => (d.key === key ? { ...d, ...change } : d)));
  const [first] = columns;
  return (
    <div className="flex max-h-[70vh] w-[640px] max-w-[calc(100vw-32px)] flex-col gap-2 overflow-y-auto p-3">
      {drafts.length === 0 && <p className="text-ink-2">No rule: rows have no colour.</p>}
      <SortableList items={drafts} keyOf={(r) => r.key} nameOf={(r) => `the rule for ${r.colour}`} onMove={set}>
        {(r) => (
          <Rule
            columns={columns}
            rule={r}
            onChange={(c) => replace(r.key, c)}
            onRemove={() => set(drafts.filter((d) => d.key !== r.key))}
          />
        )}
      </SortableList>
      <div>
        <Button
          size="sm"
          variant="ghost"
          data-autofocus
          icon={<Plus size={14} />}
          disabled={!first || drafts.length >= MAX_RULES}
          onClick={() =>
            first &&
            set([
              ...drafts,
              {
                key: crypto.randomUUID(),
                colour: SOFT[drafts.length % SOFT.length] ?? 'blue',
                column: first.id,
                when: firstCondition(first),
              },
            ])
          }
        >
          Add rule
        </Button>
      </div>
    </div>
  );
}

function Rule({
  columns,
  rule,
  onChange,
  onRemove,
}: {
  columns: Column[];
  rule: Draft;
  onChange: (change: Partial<Draft>) => void;
  onRemove: () => void;
}) {
  const row = !rule.column;
  const set = (condition: Condition): void =>
    onChange({ when: condition, ...(row ? {} : { column: condition.column }) });
  return (
    <div className="flex min-w-0 flex-1 items-start gap-2 rounded-md border border-line p-2">
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <div className="flex flex-wrap items-start gap-2">
          {isCondition(rule.when) ? (
            <ConditionRow columns={columns} condition={rule.when} onChange={set} />
          ) : (
            <span className="py-1.5 text-sm text-ink-2">A filter with groups, made through the API</span>
          )}
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <Select
            aria-label="What is coloured"
            className="!w-auto"
            value={row ? 'row' : 'cell'}
            onChange={(e) =>
              onChange({
                column:
                  e.target.value === 'row' ? undefined : isCondition(rule.when) ? rule.when.column : columns[0]?.id,
              })
            }
          >
            <option value="cell">
              Colour the cell
              {rule.column ? ` of ${spelled(columns.find((c) => c.id === rule.column)?.name ?? '')}` : ''}
            </option>
            <option value="row">Colour the row</option>
          </Select>
          <span role="radiogroup" aria-label="Colour" className="flex flex-wrap gap-1">
            {SOFT.map((c) => (
              <button
                key={c}
                type="button"
                role="radio"
                aria-checked={rule.colour === c}
                aria-label={c}
                title={c}
                onClick={() => onChange({ colour: c })}
                style={{ backgroundColor: `var(--soft-${c})` }}
                className={cx(
                  'size-6 rounded-md border',
                  rule.colour === c ? 'border-ink outline-2 outline-primary' : 'border-line hover:border-ink-3',
                )}
              />
            ))}
          </span>
        </div>
      </div>
      <IconButton label="Remove the rule" size="sm" onClick={onRemove}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
