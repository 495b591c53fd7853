import type { CellValue } from '@/api/types';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { textOf } from '../config';

const KINDS = [
  { value: '', label: 'Not in pages' },
  { value: 'page', label: 'By page number' },
  { value: 'offset', label: 'By offset' },
  { value: 'cursor', label: 'By a cursor in the answer' },
  { value: 'link', label: 'By a link to the next page' },
];
type Object = Record<string, CellValue>;

/** How an answer in pages is asked for. The outputs then see one list of what all pages hold. */
export function PagingFields({
  paging,
  method,
  repeatable,
  onChange,
}: {
  paging: CellValue | undefined;
  method: string;
  repeatable: boolean;
  onChange: (change: { paging?: CellValue; repeatable?: CellValue }) => void;
}) {
  const now: Object = typeof paging === 'object' && paging !== null && !Array.isArray(paging) ? paging : {};
  const kind = textOf(now['kind']);
  const set = (change: Object): void => {
    const next = Object.entries({ ...now, ...change }).filter(([, v]) => v !== null && v !== '');
    onChange({ paging: Object.fromEntries(next) });
  };
  const text = (name: string, label: string, hint: string, placeholder: string) => (
    <Field label={label} hint={hint}>
      {(ids) => (
        <Input
          {...ids}
          value={textOf(now[name])}
          placeholder={placeholder}
          maxLength={300}
          onChange={(e) => set({ [name]: e.target.value })}
        />
      )}
    </Field>
  );
  const number = (name: string, label: string, hint: string, min: number, max: number) => (
    <Field label={label} hint={hint}>
      {(ids) => (
        <NumberInput
          {...ids}
          whole
          min={min}
          max={max}
          value={typeof now[name] === 'number' ? now[name] : null}
          onChange={(n) => set({ [name]: n })}
        />
      )}
    </Field>
  );
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 text-sm font-semibold">Pages</legend>
      {method === 'POST' && (
        <Checkbox
          checked={repeatable}
          onChange={(e) => onChange({ repeatable: e.target.checked ? true : null })}
          label="Asking twice costs and changes nothing more than asking once, as in a search"
        />
      )}
      <Field label="The answer comes">
        {(ids) => (
          <Select
            {...ids}
            value={kind}
            onChange={(e) => onChange({ paging: e.target.value ? { kind: e.target.value } : null })}
          >
            {KINDS.map((k) => (
              <option key={k.value} value={k.value}>
                {k.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {kind && (
        <div className="grid gap-3 sm:grid-cols-2">
          {kind !== 'link' && (
            <>
              <Field label="The page is chosen in">
                {(ids) => (
                  <Select {...ids} value={textOf(now['in'])} onChange={(e) => set({ in: e.target.value })}>
                    <option value="">A query parameter</option>
                    <option value="body">A member of the body</option>
                  </Select>
                )}
              </Field>
              {text(
                'param',
                'Its name',
                now['in'] === 'body' ? 'Dots lead inward: page.number' : '',
                kind === 'cursor' ? 'after' : kind,
              )}
            </>
          )}
          {(kind === 'cursor' || kind === 'link') &&
            text(
              'path',
              kind === 'cursor' ? 'Path of the cursor' : 'Path of the link',
              kind === 'link' ? 'Without one, the header Link says it' : '',
              kind === 'cursor' ? '$.meta.next_cursor' : '$.links.next',
            )}
          {(kind === 'page' || kind === 'offset') &&
            number('start', 'First', kind === 'page' ? '1 unless said' : '0 unless said', 0, 10_000)}
          {(kind === 'page' || kind === 'offset') &&
            number('size', 'Items on a page', 'A shorter page is the last', 1, 10_000)}
          {text('items', 'Path of a page’s items', 'The outputs see the items of all pages as one list', '$.data')}
          {number('max_pages', 'Pages at most', '5 unless said, 20 at most; each is a call', 1, 20)}
        </div>
      )}
    </fieldset>
  );
}
