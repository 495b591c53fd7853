import { useQuery } from '@tanstack/react-query';
import { credentialsQuery } from '@/api/credentials';
import type { WorkflowConfig } from '@/api/types-workflow';
import { Field, Input, Select, Textarea } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import type { FieldsProps } from '../fields-props';

const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const;

const ways = [
  { value: 'bearer', label: 'Bearer token' },
  { value: 'basic', label: 'User and password' },
  { value: 'header', label: 'A header' },
] as const;

/** What a call node asks of another system for each row. */
export function CallFields({ ws, node, onConfig }: FieldsProps) {
  const c = node.config;
  const withBody = c.method !== 'GET' && c.method !== 'DELETE';
  return (
    <>
      <Field label="Method">
        {(ids) => (
          <Select
            {...ids}
            value={c.method ?? 'POST'}
            onChange={(e) => {
              const method = methods.find((m) => m === e.target.value) ?? 'POST';
              onConfig(method === 'GET' || method === 'DELETE' ? { method, body: '' } : { method });
            }}
          >
            {methods.map((m) => (
              <option key={m}>{m}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Address" hint="One call for each row. Columns go in double braces after the host: {{Email}}">
        {(ids) => (
          <Input
            {...ids}
            className="font-mono !text-sm"
            maxLength={2000}
            spellCheck={false}
            placeholder="https://api.example.com/v1/leads/{{Email}}"
            value={c.url ?? ''}
            onChange={(e) => onConfig({ url: e.target.value })}
          />
        )}
      </Field>
      <Field label="Headers" optional hint="One a line, as Name: value. Keys belong in the credential.">
        {(ids) => (
          <Textarea
            {...ids}
            key={node.id}
            rows={2}
            className="font-mono !text-sm"
            spellCheck={false}
            defaultValue={headerLines(c.headers)}
            onBlur={(e) => onConfig({ headers: readHeaders(e.target.value) })}
          />
        )}
      </Field>
      {withBody && (
        <Field
          label="Body"
          optional
          hint="JSON. {{Employees}} without quotes stays a number, and null where the cell is empty."
        >
          {(ids) => (
            <Textarea
              {...ids}
              rows={5}
              className="font-mono !text-sm"
              spellCheck={false}
              placeholder='{"email": "{{Email}}", "employees": {{Employees}}}'
              value={c.body ?? ''}
              onChange={(e) => onConfig({ body: e.target.value })}
            />
          )}
        </Field>
      )}
      <KeyFields ws={ws} config={c} onConfig={onConfig} />
      <Field label="Calls a minute" optional hint="600 if you say nothing.">
        {(ids) => (
          <NumberInput
            {...ids}
            min={1}
            max={6000}
            value={c.per_minute ?? null}
            onChange={(n) => onConfig({ per_minute: n === null ? 0 : Math.round(n) })}
          />
        )}
      </Field>
      <p className="text-sm text-ink-3">
        Each call carries an Idempotency-Key, the same when it is tried again. To fill cells from an answer, use an
        enrichment column instead.
      </p>
    </>
  );
}

function KeyFields({
  ws,
  config,
  onConfig,
}: {
  ws: string;
  config: WorkflowConfig;
  onConfig: FieldsProps['onConfig'];
}) {
  const keys = useQuery({ ...credentialsQuery(ws), retry: false });
  const hint = keys.isError
    ? 'Only owners and admins see credentials; ask one of them to choose.'
    : 'From the vault. It goes to the hosts alone that it names.';
  const choose = (id: string): void =>
    onConfig(
      id ? { credential_id: id, auth: config.auth || 'bearer' } : { credential_id: '', auth: '', auth_name: '' },
    );
  return (
    <>
      <Field label="Credential" optional hint={hint}>
        {(ids) => (
          <Select
            {...ids}
            disabled={keys.isError}
            value={config.credential_id ?? ''}
            onChange={(e) => choose(e.target.value)}
          >
            <option value="">None</option>
            {(keys.data ?? []).map((k) => (
              <option key={k.id} value={k.id}>
                {k.name || k.provider}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {config.credential_id && (
        <Field label="How the key is sent">
          {(ids) => (
            <Select
              {...ids}
              value={config.auth ?? ''}
              onChange={(e) => onConfig({ auth: ways.find((w) => w.value === e.target.value)?.value ?? 'bearer' })}
            >
              {ways.map((w) => (
                <option key={w.value} value={w.value}>
                  {w.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {config.auth === 'header' && (
        <Field label="Name of the header">
          {(ids) => (
            <Input
              {...ids}
              maxLength={100}
              placeholder="X-Api-Key"
              value={config.auth_name ?? ''}
              onChange={(e) => onConfig({ auth_name: e.target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

export function headerLines(headers: Record<string, string> | undefined): string {
  return Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** Lines without a colon are no headers. */
export function readHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
    }),
  );
}
