import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { EnrichmentStep, InputMapping, Provider, ProviderField, Table, Validator } from '@/api/types';
import { Field, Input, Select } from '@/components/field';
import { credentialKind, credentialsQuery, fitsProvider } from '@/api/credentials';
import { isHttp, mayBeAskedTwice } from '../config';
import { useFault } from '../faults';
import { ColumnText } from './column-text';
import { HttpApiForm } from './http-api-form';
import { LlmForm } from './llm-form';
import { PaceFields } from './pace-fields';
import { ResearchForm } from './research-form';
import { ValidatorFields } from './validator-fields';

export interface StepFormProps {
  workspaceId: string;
  table: Table;
  provider: Provider;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}

export function StepForm({ workspaceId, table, provider, step, onChange }: StepFormProps) {
  const setInput = (name: string, mapping: InputMapping | null): void => {
    const rest = Object.fromEntries(Object.entries(step.inputs).filter(([k]) => k !== name));
    onChange({ ...step, inputs: mapping ? { ...rest, [name]: mapping } : rest });
  };
  const setText = (key: 'condition', text: string): void => {
    const { [key]: _, ...rest } = step;
    onChange(text ? { ...rest, [key]: text } : rest);
  };
  const fault = useFault('condition');
  return (
    <div className="flex flex-col gap-4 border-t border-line p-3">
      <p className="text-ink-2">{provider.description}</p>
      <p className="text-sm text-ink-3">
        {mayBeAskedTwice(provider, step)
          ? 'Asking twice is free: if a crash loses an answer, the question is asked again.'
          : 'Asking twice is not free: if a crash loses an answer, the cell says so and is not asked again by itself.'}
      </p>
      {provider.auth !== 'none' && (
        <CredentialField workspaceId={workspaceId} provider={provider} step={step} onChange={onChange} />
      )}
      {provider.inputs.length > 0 && (
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-semibold">Inputs</legend>
          {provider.inputs.map((input) => (
            <InputRow
              key={input.name}
              input={input}
              table={table}
              mapping={step.inputs[input.name]}
              onChange={(m) => setInput(input.name, m)}
            />
          ))}
        </fieldset>
      )}
      {provider.slug === 'llm' && <LlmForm table={table} step={step} onChange={onChange} />}
      {provider.slug === 'research' && (
        <ResearchForm workspaceId={workspaceId} table={table} provider={provider} step={step} onChange={onChange} />
      )}
      {isHttp(provider) && <HttpApiForm table={table} step={step} onChange={onChange} />}
      {provider.dynamic && <PaceFields provider={provider} step={step} onChange={onChange} />}
      <div className="grid gap-3 sm:grid-cols-2">
        {!provider.dynamic && (
          <Field label="Answer to use">
            {(ids) => (
              <Select {...ids} value={step.output} onChange={(e) => onChange({ ...step, output: e.target.value })}>
                {provider.outputs.map((o) => (
                  <option key={o.name} value={o.name}>
                    {o.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field label="Only when" optional hint='For example {{Country}} == "US"' error={fault}>
          {(ids) => (
            <ColumnText
              {...ids}
              columns={table.columns}
              value={step.condition ?? ''}
              onChange={(text) => setText('condition', text)}
            />
          )}
        </Field>
      </div>
      <ValidatorFields
        validator={step.validator ?? {}}
        onChange={(validator) => onChange(withValidator(step, validator))}
      />
    </div>
  );
}

function withValidator(step: EnrichmentStep, validator: Validator): EnrichmentStep {
  const { validator: _, ...rest } = step;
  return Object.keys(validator).length ? { ...rest, validator } : rest;
}

function CredentialField({
  workspaceId,
  provider,
  step,
  onChange,
}: Pick<StepFormProps, 'workspaceId' | 'provider' | 'step' | 'onChange'>) {
  const { data } = useQuery(credentialsQuery(workspaceId));
  const fitting = (data ?? []).filter((c) => fitsProvider(c, provider));
  return (
    <Field
      label="Credential"
      hint={
        fitting.length === 0 ? (
          <>
            There is none for {provider.credential?.name ?? provider.name} yet.{' '}
            <Link
              to={`/w/${workspaceId}/settings/credentials?add=${credentialKind(provider)}`}
              className="text-primary-ink underline"
            >
              Add one
            </Link>
          </>
        ) : undefined
      }
    >
      {(ids) => (
        <Select
          {...ids}
          value={step.credential_id ?? ''}
          onChange={(e) => {
            const { credential_id: _, ...rest } = step;
            onChange(e.target.value ? { ...rest, credential_id: e.target.value } : rest);
          }}
        >
          <option value="">Choose…</option>
          {fitting.map((c) => (
            <option key={c.id} value={c.id}>
              {c.name} ({c.masked})
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

type Kind = 'none' | 'column' | 'value' | 'template';
function kindOf(mapping: InputMapping | undefined): Kind {
  if (!mapping) return 'none';
  return 'column' in mapping ? 'column' : 'value' in mapping ? 'value' : 'template';
}

function InputRow({
  input,
  table,
  mapping,
  onChange,
}: {
  input: ProviderField;
  table: Table;
  mapping: InputMapping | undefined;
  onChange: (m: InputMapping | null) => void;
}) {
  const kind = kindOf(mapping);
  const fault = useFault(`inputs.${input.name}.template`);
  const choose = (next: string): void => {
    if (next.startsWith('col:')) onChange({ column: next.slice(4) });
    else if (next === 'value') onChange({ value: '' });
    else if (next === 'template') onChange({ template: '' });
    else onChange(null);
  };
  const selected = mapping && 'column' in mapping ? `col:${mapping.column}` : kind;
  return (
    <div className="grid items-center gap-2 sm:grid-cols-[120px_minmax(0,1fr)]">
      <span className="text-base">
        {input.label}
        {input.required && <span className="text-danger-ink"> *</span>}
      </span>
      <div className="flex gap-2">
        <Select aria-label={`${input.label} from`} value={selected} onChange={(e) => choose(e.target.value)}>
          <option value="none">{input.required ? 'Choose…' : 'Nothing'}</option>
          <optgroup label="Columns">
            {table.columns.map((c) => (
              <option key={c.id} value={`col:${c.id}`}>
                {c.name}
              </option>
            ))}
          </optgroup>
          <optgroup label="Other">
            <option value="value">A fixed value</option>
            <option value="template">A text with columns</option>
          </optgroup>
        </Select>
        {mapping && 'value' in mapping && (
          <Input
            aria-label={`Value of ${input.label}`}
            value={mapping.value}
            onChange={(e) => onChange({ value: e.target.value })}
          />
        )}
        {mapping && 'template' in mapping && (
          <ColumnText
            aria-label={`Text of ${input.label}`}
            placeholder="{{First name}} {{Last name}}"
            columns={table.columns}
            value={mapping.template}
            onChange={(text) => onChange({ template: text })}
          />
        )}
      </div>
      {fault && <p className="text-sm text-danger-ink sm:col-start-2">{fault}</p>}
    </div>
  );
}
