import { Plus, Trash2 } from 'lucide-react';
import type { CrmField, CrmMapping, SyncDefinition, Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Checkbox, Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { plural } from '@/lib/format';
import { MAX_MAPPINGS } from '../draft';

export interface MappingTableProps {
  draft: SyncDefinition;
  table: Table;
  fields: CrmField[];
  onChange: (mappings: CrmMapping[]) => void;
}

/** Which column and field belong together, which way values go, and when. */
export function MappingTable({ draft, table, fields, onChange }: MappingTableProps) {
  const set = (i: number, part: Partial<CrmMapping>): void =>
    onChange(draft.mappings.map((m, at) => (at === i ? { ...m, ...part } : m)));
  const sorted = [...fields].sort((a, b) => a.label.localeCompare(b.label));
  const used = new Set(draft.mappings.map((m) => m.field));
  return (
    <Card
      title="Fields"
      text={plural(draft.mappings.length, 'field')}
      flush
      actions={
        <Button
          size="sm"
          icon={<Plus size={14} />}
          disabled={draft.mappings.length >= MAX_MAPPINGS}
          onClick={() => onChange([...draft.mappings, { field: '', column_id: '', only_if_empty: true }])}
        >
          Add a field
        </Button>
      }
    >
      <DataTable label="Fields" stacked head={['Column', 'Direction', 'Field', 'When', '']}>
        {draft.mappings.map((m, i) => (
          <tr key={i}>
            <Td>
              <Select
                aria-label={`Column of field ${String(i + 1)}`}
                value={m.column_id}
                onChange={(e) => set(i, { column_id: e.target.value })}
              >
                <option value="">Choose a column…</option>
                {table.columns.map((c) => (
                  <option key={c.id} value={c.id}>
                    {c.name}
                  </option>
                ))}
              </Select>
            </Td>
            <Td>
              <Select
                aria-label={`Direction of field ${String(i + 1)}`}
                value={m.direction ?? 'push'}
                onChange={(e) => set(i, { direction: e.target.value as NonNullable<CrmMapping['direction']> })}
              >
                <option value="push">→ Push</option>
                <option value="pull">← Pull</option>
                <option value="both">↔ Both</option>
              </Select>
            </Td>
            <Td>
              <Select
                aria-label={`Field ${String(i + 1)}`}
                value={m.field}
                onChange={(e) => set(i, { field: e.target.value })}
              >
                <option value="">Choose a field…</option>
                {sorted
                  .filter((f) => m.direction === 'pull' || !f.read_only)
                  .filter((f) => f.name === m.field || !used.has(f.name))
                  .map((f) => (
                    <option key={f.name} value={f.name}>
                      {f.label}
                      {f.required ? ' (required)' : ''}
                    </option>
                  ))}
              </Select>
            </Td>
            <Td>
              <div className="flex flex-wrap gap-x-4 gap-y-1">
                <Checkbox
                  label="Only if empty"
                  checked={m.only_if_empty ?? false}
                  onChange={(e) => set(i, { only_if_empty: e.target.checked })}
                />
                <Checkbox
                  label="Clear when the other side is empty"
                  checked={m.clear_if_blank ?? false}
                  onChange={(e) => set(i, { clear_if_blank: e.target.checked })}
                />
              </div>
            </Td>
            <Td className="text-right">
              <IconButton
                label={`Remove field ${String(i + 1)}`}
                onClick={() => onChange(draft.mappings.filter((_, at) => at !== i))}
              >
                <Trash2 size={14} />
              </IconButton>
            </Td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}
