import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { api } from '@/api/client';
import { inWorkspace } from '@/api/use-workspace';
import type { CellValue } from '@/api/types';
import { IconButton } from '@/components/button';
import { Checkbox, Field, Select } from '@/components/field';
import { NumberInput, TypedInput } from '@/grid/typed-input';
import type { FieldsProps } from '../fields-props';
import { writable } from '../writable';
import { CallFields } from './call-fields';

const needsRows = 'Connect the node with rows of a table first.';

/** The settings of what is done with rows. */
export function ActionFields(props: FieldsProps) {
  switch (props.node.kind) {
    case 'enrichment':
      return <EnrichmentFields {...props} />;
    case 'update_cells':
      return <SetFields {...props} />;
    case 'wait':
      return <WaitFields {...props} />;
    case 'approval':
      return (
        <>
          <WaitFields {...props} label="Decide within" />
          <ColumnsField {...props} legend="Columns that are shown; the first five if none is chosen" />
        </>
      );
    case 'send':
      return <SendFields {...props} />;
    case 'http':
      return <CallFields {...props} />;
    default:
      return null;
  }
}

function EnrichmentFields({ node, columns, onConfig }: FieldsProps) {
  const own = columns.filter((c) => c.kind === 'enrichment');
  const limit = node.config.max_credits_mc ?? 0;
  return (
    <>
      <Field
        label="Enrichment column"
        {...(own.length === 0
          ? { hint: columns.length ? 'The table has none yet; add one in the table.' : needsRows }
          : {})}
      >
        {(ids) => (
          <Select
            {...ids}
            value={node.config.column_id ?? ''}
            onChange={(e) => onConfig({ column_id: e.target.value })}
          >
            <option value="">Choose a column</option>
            {own.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Checkbox
        label="Only where the cell is empty"
        hint="Rows that have a value pass without being asked."
        checked={node.config.only_empty ?? false}
        onChange={(e) => onConfig({ only_empty: e.target.checked })}
      />
      <Field label="At most" optional hint="Credits that one run may spend here. Nothing is no limit of its own.">
        {(ids) => (
          <NumberInput
            {...ids}
            min={0}
            max={1_000_000}
            value={limit ? limit / 1000 : null}
            onChange={(n) => onConfig({ max_credits_mc: Math.round((n ?? 0) * 1000) })}
          />
        )}
      </Field>
    </>
  );
}

function SetFields({ node, columns, onConfig }: FieldsProps) {
  const set = node.config.set ?? {};
  const free = columns.filter((c) => writable(c) && !(c.id in set));
  const put = (id: string, value: CellValue): void => onConfig({ set: { ...set, [id]: value } });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="pb-1 text-sm font-medium text-ink-2">Set these columns</legend>
      {columns.length === 0 && <p className="text-sm text-ink-3">{needsRows}</p>}
      {Object.entries(set).map(([id, value]) => {
        const column = columns.find((c) => c.id === id);
        return (
          <div key={id} className="flex items-end gap-1">
            <Field label={column?.name ?? 'A column that is gone'} className="min-w-0 flex-1">
              {(ids) =>
                column && (
                  <TypedInput {...ids} column={column} value={value} onChange={(v) => put(id, v)} placeholder="Empty" />
                )
              }
            </Field>
            <IconButton
              label={`Leave ${column?.name ?? 'it'} as it is`}
              onClick={() => onConfig({ set: Object.fromEntries(Object.entries(set).filter(([k]) => k !== id)) })}
            >
              <X size={14} />
            </IconButton>
          </div>
        );
      })}
      {free.length > 0 && Object.keys(set).length < 10 && (
        <Field label="Column to set" hideLabel>
          {(ids) => (
            <Select {...ids} value="" onChange={(e) => e.target.value && put(e.target.value, null)}>
              <option value="">Add a column…</option>
              {free.map((c) => (
                <option key={c.id} value={c.id}>
                  {c.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </fieldset>
  );
}

const units = [
  { label: 'minutes', seconds: 60 },
  { label: 'hours', seconds: 3600 },
  { label: 'days', seconds: 86_400 },
];

function WaitFields({ node, onConfig, label = 'Wait for' }: FieldsProps & { label?: string }) {
  const total = node.config.seconds ?? 3600;
  const unit = [...units].reverse().find((u) => total % u.seconds === 0)?.seconds ?? 60;
  return (
    <div className="flex items-end gap-2">
      <Field label={label} className="flex-1">
        {(ids) => (
          <NumberInput
            {...ids}
            min={0}
            max={43_200}
            value={total / unit}
            onChange={(n) => n !== null && onConfig({ seconds: Math.round(n * unit) })}
          />
        )}
      </Field>
      <Field label="Unit" hideLabel>
        {(ids) => (
          <Select
            {...ids}
            value={unit}
            onChange={(e) => onConfig({ seconds: (total / unit) * Number(e.target.value) })}
          >
            {units.map((u) => (
              <option key={u.label} value={u.seconds}>
                {u.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

interface Hook {
  id: string;
  url: string;
  description?: string;
}

function SendFields(props: FieldsProps) {
  const { ws, node, onConfig } = props;
  const hooks = useQuery({
    queryKey: ['webhooks', ws],
    queryFn: () => api.list<Hook>(`${inWorkspace(ws)}/webhooks`),
    retry: false,
  });
  const hint = hooks.isError
    ? 'Only owners and admins see webhooks; ask one of them to choose.'
    : hooks.data?.length === 0
      ? 'Make a webhook in the settings first: its secret signs what is sent.'
      : 'Signed with its secret. A repeat has the same id.';
  return (
    <>
      <Field label="Webhook" hint={hint}>
        {(ids) => (
          <Select
            {...ids}
            disabled={hooks.isError}
            value={node.config.webhook_id ?? ''}
            onChange={(e) => onConfig({ webhook_id: e.target.value })}
          >
            <option value="">Choose a webhook</option>
            {(hooks.data ?? []).map((h) => (
              <option key={h.id} value={h.id}>
                {h.description || h.url}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <ColumnsField {...props} legend="Columns that are sent" />
    </>
  );
}

function ColumnsField({ node, columns, onConfig, legend }: FieldsProps & { legend: string }) {
  const own = node.config.columns ?? [];
  return (
    <fieldset className="flex max-h-64 flex-col gap-1.5 overflow-y-auto">
      <legend className="pb-1 text-sm font-medium text-ink-2">{legend}</legend>
      {columns.length === 0 && <p className="text-sm text-ink-3">{needsRows}</p>}
      {columns.map((c) => (
        <Checkbox
          key={c.id}
          label={c.name}
          checked={own.includes(c.id)}
          onChange={(e) => onConfig({ columns: e.target.checked ? [...own, c.id] : own.filter((s) => s !== c.id) })}
        />
      ))}
    </fieldset>
  );
}
