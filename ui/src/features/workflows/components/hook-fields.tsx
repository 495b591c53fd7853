import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useId, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Column } from '@/api/types';
import type { WorkflowHook } from '@/api/types-workflow';
import { Button, IconButton } from '@/components/button';
import { Field, Input, Select } from '@/components/field';
import { ShownOnce } from '@/components/shown-once';
import { Notice } from '@/components/states';
import { ago } from '@/lib/format';
import { hookQuery, makeHook } from '../api/workflows';
import type { FieldsProps } from '../fields-props';
import { writable } from '../writable';

const MAX_FIELDS = 50;

/** How what comes to the workflow's address becomes rows. */
export function HookFields(props: FieldsProps) {
  const { ws, workflow } = props;
  const hook = useQuery(hookQuery(ws, workflow));
  return (
    <>
      <Address ws={ws} workflow={workflow} hook={hook.data} />
      {hook.isError && <Notice tone="danger">{messageOf(hook.error)}</Notice>}
      <Mapping {...props} sample={hook.data?.sample ?? []} />
    </>
  );
}

function Address({ ws, workflow, hook }: { ws: string; workflow: string; hook: WorkflowHook | undefined }) {
  const client = useQueryClient();
  const [shown, setShown] = useState('');
  const make = useMutation({
    mutationFn: () => makeHook(ws, workflow),
    onSuccess: async (path) => {
      setShown(window.location.origin + path);
      await client.invalidateQueries({ queryKey: ['workflow-hook', ws, workflow] });
    },
  });
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-sm font-medium text-ink-2">Address</p>
      <p className="text-sm text-ink-3">
        {hook?.since
          ? `Made ${ago(hook.since)}. A new address ends this one at once.`
          : 'Other systems post JSON to the workflow’s own address. It is a secret.'}
      </p>
      <Button size="sm" className="self-start" busy={make.isPending} onClick={() => make.mutate()}>
        {hook?.since ? 'Replace the address' : 'Make an address'}
      </Button>
      {make.error && <Notice tone="danger">{messageOf(make.error)}</Notice>}
      {shown && (
        <ShownOnce
          title="The workflow’s address"
          description="Post a JSON object here, or a list of up to 100. Copy it now: it is not shown again."
          secret={shown}
          onClose={() => setShown('')}
        />
      )}
    </div>
  );
}

function Mapping({ node, columns, onConfig, sample }: FieldsProps & { sample: WorkflowHook['sample'] }) {
  const list = useId();
  const fields = node.config.fields ?? {};
  const own = columns.filter(writable);
  const free = own.filter((c) => !(c.id in fields));
  const put = (id: string, path: string): void => onConfig({ fields: { ...fields, [id]: path } });
  const byKey = own.filter((c) => c.type !== 'json' && c.type !== 'multi_select');
  const choose = (id: string): void =>
    onConfig({ column_id: id, fields: id && !(id in fields) ? { ...fields, [id]: guess(own, id, sample) } : fields });
  if (columns.length === 0) return null;
  return (
    <>
      <Field label="Find a row by" hint="What comes again with the same value changes the row instead of adding one.">
        {(ids) => (
          <Select {...ids} value={node.config.column_id ?? ''} onChange={(e) => choose(e.target.value)}>
            <option value="">Choose a column</option>
            {byKey.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <fieldset className="flex flex-col gap-2">
        <legend className="pb-1 text-sm font-medium text-ink-2">Where the values stand</legend>
        <datalist id={list}>
          {sample.map((s) => (
            <option key={s.path} value={s.path}>
              {s.value}
            </option>
          ))}
        </datalist>
        {Object.entries(fields).map(([id, path]) => {
          const name = columns.find((c) => c.id === id)?.name ?? 'A column that is gone';
          return (
            <div key={id} className="flex items-end gap-1">
              <Field label={name} className="min-w-0 flex-1">
                {(ids) => (
                  <Input
                    {...ids}
                    list={list}
                    spellCheck={false}
                    maxLength={200}
                    placeholder="contact.email"
                    value={path}
                    onChange={(e) => put(id, e.target.value)}
                  />
                )}
              </Field>
              <IconButton
                label={`Leave ${name} as it is`}
                onClick={() =>
                  onConfig({ fields: Object.fromEntries(Object.entries(fields).filter(([k]) => k !== id)) })
                }
              >
                <X size={14} />
              </IconButton>
            </div>
          );
        })}
        {free.length > 0 && Object.keys(fields).length < MAX_FIELDS && (
          <Field label="Column to fill" hideLabel>
            {(ids) => (
              <Select
                {...ids}
                value=""
                onChange={(e) => e.target.value && put(e.target.value, guess(own, e.target.value, sample))}
              >
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
      <Sample sample={sample} />
    </>
  );
}

/** The value whose name is the column's, if one came. */
function guess(columns: Column[], id: string, sample: WorkflowHook['sample']): string {
  const name = plain(columns.find((c) => c.id === id)?.name ?? '');
  return sample.find((s) => plain(s.path.split('.').at(-1) ?? '') === name)?.path ?? (name || 'value');
}

const plain = (s: string): string => s.toLowerCase().replace(/[^a-z0-9]+/g, '_');

function Sample({ sample }: { sample: WorkflowHook['sample'] }) {
  if (sample.length === 0) {
    return (
      <p className="text-sm text-ink-3">
        Send something to the address, and what stood in it is shown here for a day, also before the workflow is
        published.
      </p>
    );
  }
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-ink-2">What came last</summary>
      <dl className="mt-1 flex max-h-48 flex-col gap-1 overflow-y-auto">
        {sample.map((s) => (
          <div key={s.path}>
            <dt className="font-mono text-ink-3">{s.path}</dt>
            <dd className="break-words">{s.value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
