import type { RowSearch, SearchFilter } from '@/api/types';
import { Checkbox, Field, Input, Textarea } from '@/components/field';
import { count, sentence } from '@/lib/format';

/** What to look for: one field for each filter of the search. */
export function FilterFields({
  search,
  filters,
  onChange,
}: {
  search: RowSearch;
  filters: Record<string, string[]>;
  onChange: (filters: Record<string, string[]>) => void;
}) {
  const set = (name: string, values: string[]): void => {
    const rest = Object.fromEntries(Object.entries(filters).filter(([k]) => k !== name));
    onChange(values.length > 0 ? { ...rest, [name]: values } : rest);
  };
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {search.filters.map((f) => (
        <FilterField key={f.name} filter={f} values={filters[f.name] ?? []} onChange={(v) => set(f.name, v)} />
      ))}
    </div>
  );
}

interface FilterFieldProps {
  filter: SearchFilter;
  values: string[];
  onChange: (values: string[]) => void;
}

function FilterField({ filter, values, onChange }: FilterFieldProps) {
  const options = filter.options ?? [];
  if (options.length > 0) {
    return (
      <fieldset>
        <legend className="mb-1 text-sm font-medium text-ink-2">{filter.label}</legend>
        <div className="grid grid-cols-2 gap-1">
          {options.map((o) => (
            <Checkbox
              key={o}
              label={optionText(o)}
              checked={values.includes(o)}
              onChange={(e) => onChange(e.target.checked ? [...values, o] : values.filter((v) => v !== o))}
            />
          ))}
        </div>
      </fieldset>
    );
  }
  if (filter.single) {
    return (
      <Field label={filter.label} hint={filter.hint} optional>
        {(ids) => (
          <Input
            {...ids}
            maxLength={200}
            defaultValue={values[0] ?? ''}
            onChange={(e) => onChange(e.target.value.trim() ? [e.target.value.trim()] : [])}
          />
        )}
      </Field>
    );
  }
  return (
    <Field label={filter.label} hint={`One a line${filter.hint ? `, for example ${filter.hint}` : ''}`} optional>
      {(ids) => (
        <Textarea
          {...ids}
          rows={2}
          defaultValue={values.join('\n')}
          onChange={(e) => onChange(linesOf(e.target.value))}
        />
      )}
    </Field>
  );
}

/** What is spoken as letters. */
const SHORT: Record<string, string> = { vp: 'VP', c_suite: 'C-suite' };

/** A range of numbers as people write it; anything else as words. */
export function optionText(option: string): string {
  const range = /^(\d+),(\d+)$/.exec(option);
  if (!range) return SHORT[option] ?? sentence(option);
  if (Number(range[2]) >= 1_000_000) return `${count(Number(range[1]))} or more`;
  return `${count(Number(range[1]))} to ${count(Number(range[2]))}`;
}

function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').map((l) => l.trim()))].filter((l) => l !== '').slice(0, 100);
}
