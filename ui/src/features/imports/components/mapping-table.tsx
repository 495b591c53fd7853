import type { Column, ColumnType, Import, ImportColumn } from '@/api/types';
import { Checkbox, Input, Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { Shown } from '@/components/shown';
import { DATA_TYPES } from '@/grid/column-types';
import { CurrencySelect } from '@/grid/form-fields';
import { isReadOnly } from '@/grid/model';
import { spelled } from '@/lib/signs';
import { isOpen, partOf, typeOf, WRITTEN, type Target } from '../mapping';
import { TypedTable } from './typed-table';

/** Each column of the file with a few of its values, where it goes, and how its numbers and dates are written. */
export function MappingTable({
  file,
  columns,
  targets,
  onChange,
}: {
  file: Import;
  columns: Column[];
  targets: Target[];
  onChange: (t: Target[]) => void;
}) {
  const set = (i: number, target: Target): void => onChange(targets.map((t, n) => (n === i ? target : t)));
  const samples = (i: number, own: string[] | null | undefined): string => {
    const values = own ?? (file.preview ?? []).map((r) => r?.[i] ?? '');
    return values.filter(Boolean).slice(0, 3).join(' · ');
  };
  const leftOut = targets.filter((t) => t.to === 'skip').length;
  return (
    <>
      <Card
        title="Columns"
        text={`Types are found from all values of the file. ${leftOut === 0 ? 'No column is left out.' : leftOut === 1 ? '1 column is left out.' : `${String(leftOut)} columns are left out.`}`}
        flush
      >
        <DataTable
          head={['In the file', 'First values', 'Goes to', 'Name, type and form']}
          label="Columns of the file"
          stacked
        >
          {(file.columns ?? []).map((c, i) => {
            const target = targets[i] ?? { to: 'skip' as const };
            const label = c.name || `Column ${String(c.index + 1)}`;
            return (
              <tr key={c.index} className={target.to === 'skip' ? 'opacity-60' : ''}>
                <Td className="max-w-[180px] truncate font-medium">
                  <span title={spelled(c.header ?? '')}>
                    <Shown text={label} />
                  </span>
                  {c.header !== undefined && c.header !== '' && (
                    <span className="block truncate text-sm font-normal text-ink-3">
                      “<Shown text={c.header} />”
                    </span>
                  )}
                </Td>
                <Td className="max-w-[260px] truncate text-ink-2">{samples(i, c.samples)}</Td>
                <Td>
                  <Select
                    aria-label={`${label} goes to`}
                    className="!w-44"
                    value={target.to === 'column' ? target.columnId : target.to}
                    onChange={(e) => {
                      const v = e.target.value;
                      set(
                        i,
                        v === 'skip'
                          ? { to: 'skip' }
                          : v === 'new'
                            ? { to: 'new', name: label, type: c.suggested_type }
                            : { to: 'column', columnId: v },
                      );
                    }}
                  >
                    <option value="new">A new column</option>
                    <option value="skip">Leave out</option>
                    {columns.length > 0 && (
                      <optgroup label="Columns of the table">
                        {columns
                          .filter((x) => !isReadOnly(x))
                          .map((x) => (
                            <option key={x.id} value={x.id}>
                              {spelled(x.name)}
                            </option>
                          ))}
                      </optgroup>
                    )}
                  </Select>
                </Td>
                <Td>
                  {target.to !== 'skip' && (
                    <span className="flex flex-wrap items-center gap-2">
                      {target.to === 'new' && (
                        <>
                          <Input
                            aria-label={`Name for ${label}`}
                            className="!w-40"
                            value={target.name}
                            maxLength={100}
                            onChange={(e) => set(i, { ...target, name: e.target.value })}
                          />
                          <Select
                            aria-label={`Type for ${label}`}
                            className="!w-32"
                            value={target.type}
                            onChange={(e) => set(i, { ...target, type: e.target.value as ColumnType })}
                          >
                            {DATA_TYPES.map((t) => (
                              <option key={t.type} value={t.type}>
                                {t.label}
                              </option>
                            ))}
                          </Select>
                        </>
                      )}
                      {target.to === 'new' && target.type === 'currency' && (
                        <CurrencySelect
                          aria-label={`Currency of ${label}`}
                          className="!w-48"
                          value={target.currency ?? c.currency ?? 'USD'}
                          onChange={(currency) => set(i, { ...target, currency })}
                        />
                      )}
                      <Written column={c} label={label} target={target} columns={columns} onChange={(t) => set(i, t)} />
                    </span>
                  )}
                </Td>
              </tr>
            );
          })}
        </DataTable>
      </Card>
      <TypedTable file={file} columns={columns} targets={targets} onChange={onChange} />
    </>
  );
}

/** How the file writes a column's numbers or dates, and its words for an empty cell. */
function Written({
  column: c,
  label,
  target,
  columns,
  onChange,
}: {
  column: ImportColumn;
  label: string;
  target: Exclude<Target, { to: 'skip' }>;
  columns: Column[];
  onChange: (t: Target) => void;
}) {
  const type = typeOf(target, columns);
  const part = partOf(type);
  const found = part ? c.form?.[part] : undefined;
  const words = type === 'text' || type === 'long_text' ? [] : (c.empty_words ?? []);
  return (
    <>
      {part && (found ?? c.open?.includes(part)) && (
        <Select
          aria-label={`${part === 'decimal' ? 'Numbers' : 'Dates'} of ${label} are written`}
          aria-invalid={isOpen(c, target, columns) || undefined}
          className="!w-48"
          value={target.form?.[part] ?? found ?? ''}
          onChange={(e) => onChange({ ...target, form: { ...target.form, [part]: e.target.value } })}
        >
          {!found && <option value="">Written as…</option>}
          {WRITTEN[part].map((o) => (
            <option key={o.value} value={o.value}>
              {o.label}
            </option>
          ))}
        </Select>
      )}
      {words.length > 0 && (
        <Checkbox
          className="text-sm"
          label={`${words.map((w) => `“${w.text}”`).join(', ')} ${words.length === 1 ? 'means' : 'mean'} empty`}
          checked={!target.keepWords}
          onChange={(e) => onChange({ ...target, keepWords: !e.target.checked })}
        />
      )}
    </>
  );
}
