import type { Column, ColumnType, Import } from '@/api/types';
import { Input, Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { DATA_TYPES } from '@/grid/column-types';
import { isReadOnly } from '@/grid/model';
import type { Target } from '../mapping';

/** Each column of the file with a few of its values and where it goes. */
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
  return (
    <Card title="Columns" text="What is not matched to a column becomes a new one, or is left out." flush>
      <DataTable head={['In the file', 'First values', 'Goes to', 'Name and type']} label="Columns of the file">
        {(file.columns ?? []).map((c, i) => {
          const target = targets[i] ?? { to: 'skip' as const };
          const label = c.name || `Column ${String(c.index + 1)}`;
          return (
            <tr key={c.index} className={target.to === 'skip' ? 'opacity-60' : ''}>
              <Td className="max-w-[180px] truncate font-medium">{label}</Td>
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
                            {x.name}
                          </option>
                        ))}
                    </optgroup>
                  )}
                </Select>
              </Td>
              <Td>
                {target.to === 'new' && (
                  <span className="flex gap-2">
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
                  </span>
                )}
              </Td>
            </tr>
          );
        })}
      </DataTable>
    </Card>
  );
}
