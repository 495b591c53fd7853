import type { CrmConnection, CrmVendor, TableSummary } from '@/api/types';
import { Field, Select } from '@/components/field';
import { Card } from '@/components/page';
import type { Target } from '../api/integrations';

export interface TargetFieldsProps {
  vendors: CrmVendor[];
  connections: CrmConnection[];
  tables: Pick<TableSummary, 'id' | 'name'>[];
  target: Target;
  onChange: (target: Target) => void;
}

/** Which table goes where. */
export function TargetFields({ vendors, connections, tables, target, onChange }: TargetFieldsProps) {
  const connection = connections.find((c) => c.id === target.connection_id);
  const objects = vendors.find((v) => v.slug === connection?.vendor)?.objects ?? [];
  return (
    <Card title="What goes where">
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label="Rows of">
          {(ids) => (
            <Select
              {...ids}
              value={target.table_id}
              onChange={(e) => onChange({ ...target, table_id: e.target.value })}
            >
              <option value="">Choose a table…</option>
              {tables.map((t) => (
                <option key={t.id} value={t.id}>
                  {t.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Into">
          {(ids) => (
            <Select
              {...ids}
              value={target.connection_id}
              onChange={(e) => onChange({ ...target, connection_id: e.target.value, object: '' })}
            >
              <option value="">Choose an account…</option>
              {connections.map((c) => (
                <option key={c.id} value={c.id} disabled={c.state !== 'connected'}>
                  {vendors.find((v) => v.slug === c.vendor)?.name ?? c.vendor}: {c.account.name || c.account.id}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="As">
          {(ids) => (
            <Select
              {...ids}
              value={target.object}
              disabled={objects.length === 0}
              onChange={(e) => onChange({ ...target, object: e.target.value })}
            >
              <option value="">Choose a kind of record…</option>
              {objects.map((o) => (
                <option key={o.slug} value={o.slug}>
                  {o.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Card>
  );
}
