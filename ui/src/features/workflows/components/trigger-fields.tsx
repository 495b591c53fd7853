import { useQuery } from '@tanstack/react-query';
import { tableQuery, tablesQuery } from '@/api/tables';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { timeZones, zoneName } from '@/lib/time-zones';
import type { FieldsProps } from '../fields-props';
import { HookFields } from './hook-fields';

const examples = [
  { label: 'Every hour', cron: '0 * * * *' },
  { label: 'Every day at 2:00', cron: '0 2 * * *' },
  { label: 'Workdays at 9:00', cron: '0 9 * * 1-5' },
  { label: 'Mondays at 8:00', cron: '0 8 * * 1' },
];

/** The settings of triggers and of rows of a table. */
export function TriggerFields(props: FieldsProps) {
  switch (props.node.kind) {
    case 'schedule':
      return <ScheduleFields {...props} />;
    case 'rows_changed':
      return (
        <>
          <TableField {...props} />
          <ChangeFields {...props} />
        </>
      );
    case 'webhook':
      return (
        <>
          <TableField {...props} />
          <HookFields {...props} />
        </>
      );
    case 'table_rows':
      return (
        <>
          <TableField {...props} />
          <ViewField {...props} />
        </>
      );
    default:
      return null;
  }
}

function TableField({ ws, node, onConfig }: FieldsProps) {
  const tables = useQuery(tablesQuery(ws));
  return (
    <Field label="Table">
      {(ids) => (
        <Select
          {...ids}
          value={node.config.table_id ?? ''}
          onChange={(e) => onConfig({ table_id: e.target.value, view_id: '', columns: [], column_id: '', fields: {} })}
        >
          <option value="">Choose a table</option>
          {(tables.data ?? []).map((t) => (
            <option key={t.id} value={t.id}>
              {t.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function ViewField({ ws, node, onConfig }: FieldsProps) {
  const id = node.config.table_id ?? '';
  const table = useQuery({ ...tableQuery(ws, id), enabled: id !== '' });
  const views = (table.data?.views ?? []).filter((v) => v.shared);
  if (views.length === 0) return null;
  return (
    <Field label="View" optional hint="Shared views only: a personal one may change unseen.">
      {(ids) => (
        <Select {...ids} value={node.config.view_id ?? ''} onChange={(e) => onConfig({ view_id: e.target.value })}>
          <option value="">All rows</option>
          {views.map((v) => (
            <option key={v.id} value={v.id}>
              {v.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function ChangeFields({ node, columns, onConfig }: FieldsProps) {
  const on = node.config.on ?? [];
  const toggle = (what: 'added' | 'changed', yes: boolean): void =>
    onConfig({ on: yes ? [...on, what] : on.filter((o) => o !== what) });
  const watched = node.config.columns ?? [];
  return (
    <>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="pb-1 text-sm font-medium text-ink-2">When rows are</legend>
        <Checkbox label="added" checked={on.includes('added')} onChange={(e) => toggle('added', e.target.checked)} />
        <Checkbox
          label="changed"
          checked={on.includes('changed')}
          onChange={(e) => toggle('changed', e.target.checked)}
        />
      </fieldset>
      {on.includes('changed') && columns.length > 0 && (
        <fieldset className="flex max-h-48 flex-col gap-1.5 overflow-y-auto">
          <legend className="pb-1 text-sm font-medium text-ink-2">In these columns; all if none is chosen</legend>
          {columns.map((c) => (
            <Checkbox
              key={c.id}
              label={c.name}
              checked={watched.includes(c.id)}
              onChange={(e) =>
                onConfig({ columns: e.target.checked ? [...watched, c.id] : watched.filter((w) => w !== c.id) })
              }
            />
          ))}
        </fieldset>
      )}
    </>
  );
}

function ScheduleFields({ node, onConfig }: FieldsProps) {
  const cron = node.config.cron ?? '';
  const zone = node.config.time_zone ?? 'UTC';
  return (
    <>
      <Field label="How often">
        {(ids) => (
          <Select
            {...ids}
            value={examples.some((x) => x.cron === cron) ? cron : ''}
            onChange={(e) => e.target.value && onConfig({ cron: e.target.value })}
          >
            <option value="">As written below</option>
            {examples.map((x) => (
              <option key={x.cron} value={x.cron}>
                {x.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Rule" hint="Minute, hour, day of month, month, day of week. At most every five minutes.">
        {(ids) => (
          <Input {...ids} spellCheck={false} value={cron} onChange={(e) => onConfig({ cron: e.target.value })} />
        )}
      </Field>
      <Field label="Time zone" hint="Where the clock hangs, summer time included. Missed times are told and run once.">
        {(ids) => (
          <Select {...ids} value={zone} onChange={(e) => onConfig({ time_zone: e.target.value })}>
            {timeZones(zone).map((z) => (
              <option key={z} value={z}>
                {zoneName(z)}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </>
  );
}
