import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { credentialsQuery } from '@/api/credentials';
import { providersQuery } from '@/api/providers';
import type { Column, ColumnType, EnrichmentConfig, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { Notice, SkeletonRows } from '@/components/states';
import { NumberInput } from '@/grid/typed-input';
import { createEnrichment, updateEnrichment } from '../api/enrichment';
import { newStep, problemOf, typeOfStep } from '../config';
import { BacktestLink } from './backtest-link';
import { PreviewPane } from './preview-pane';
import { fromTemplate, templates, type Template } from '../templates';
import { ProviderPicker } from './provider-picker';
import { Waterfall } from './waterfall';

export interface EnrichmentDialogProps {
  workspaceId: string;
  table: Table;
  /** Null makes a new column. */
  column: Column | null;
  sampleRow: string | null;
  onClose: () => void;
  onSaved: (columnId: string) => Promise<void>;
}

/** The waterfall of a column: which providers are asked, in which order, with what, and when an answer counts. */
export function EnrichmentDialog({
  workspaceId: ws,
  table,
  column,
  sampleRow,
  onClose,
  onSaved,
}: EnrichmentDialogProps) {
  const providers = useQuery(providersQuery);
  const credentials = useQuery(credentialsQuery(ws));
  const [name, setName] = useState(column?.name ?? '');
  const [config, setConfig] = useState<EnrichmentConfig>(column?.enrichment ?? { steps: [] });
  const list = providers.data ?? [];
  const problem = problemOf(config, list);
  const first = config.steps[0];
  const provider = list.find((p) => p.slug === first?.provider);
  const suggested = provider?.outputs.find((o) => o.name === first?.output)?.label ?? 'Enrichment';
  const type: ColumnType = typeOfStep(provider, first);

  const apply = (t: Template): void => {
    setConfig({ ...config, ...fromTemplate(t, table, list, credentials.data ?? []) });
    if (!name.trim()) setName(t.name);
  };
  const save = useMutation({
    mutationFn: () =>
      column
        ? updateEnrichment(ws, table.id, column.id, config)
        : createEnrichment(ws, table.id, name.trim() || suggested, type, config),
    onSuccess: (saved) => onSaved(column?.id ?? saved.id),
  });
  return (
    <Dialog
      title={column ? `Enrichment of “${column.name}”` : 'New enrichment column'}
      description="Providers are asked from top to bottom until one gives an answer that counts. Only that answer costs credits."
      size="xl"
      onClose={onClose}
      footer={
        <>
          {problem && config.steps.length > 0 && (
            <span className="mr-auto self-center text-base text-warning-ink">{problem}</span>
          )}
          {column?.enrichment && <BacktestLink workspaceId={ws} tableId={table.id} columnId={column.id} />}
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={save.isPending} disabled={problem !== null} onClick={() => save.mutate()}>
            {column ? 'Save' : 'Create column'}
          </Button>
        </>
      }
    >
      {providers.isPending && <SkeletonRows />}
      {providers.isError && <Notice tone="danger">{messageOf(providers.error)}</Notice>}
      {providers.data && (
        <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_300px]">
          <div className="flex flex-col gap-4">
            {!column && (
              <Field label="Column name">
                {(ids) => (
                  <Input
                    {...ids}
                    value={name}
                    maxLength={100}
                    placeholder={suggested}
                    onChange={(e) => setName(e.target.value)}
                  />
                )}
              </Field>
            )}
            {!column && config.steps.length === 0 && <Templates ready={!credentials.isPending} onPick={apply} />}
            <Waterfall
              workspaceId={ws}
              table={table}
              providers={list}
              steps={config.steps}
              onChange={(steps) => setConfig({ ...config, steps })}
            />
            <ProviderPicker
              providers={list}
              empty={config.steps.length === 0}
              onPick={(p) => setConfig({ ...config, steps: [...config.steps, newStep(p, table, column)] })}
            />
            <details className="rounded-md border border-line">
              <summary className="cursor-pointer px-3 py-2 font-medium">When it runs</summary>
              <div className="flex flex-col gap-3 border-t border-line p-3">
                <Field label="Only for rows where" optional hint="For example {{Employees}} > 50">
                  {(ids) => (
                    <Input
                      {...ids}
                      className="font-mono !text-sm"
                      value={config.condition ?? ''}
                      onChange={(e) => setConfig(withText(config, 'condition', e.target.value))}
                    />
                  )}
                </Field>
                <Field
                  label="Reuse an answer for the same input younger than (days)"
                  optional
                  hint="Reused answers are free. 0 always asks again."
                >
                  {(ids) => (
                    <NumberInput
                      {...ids}
                      whole
                      min={0}
                      max={365}
                      className="w-28"
                      value={config.cache_days ?? null}
                      placeholder="30"
                      onChange={(days) => setConfig(withDays(config, days))}
                    />
                  )}
                </Field>
                <Checkbox
                  label="Run by itself for new and changed rows"
                  hint="Within the spend caps of the workspace."
                  checked={config.auto_run ?? false}
                  onChange={(e) => setConfig({ ...config, auto_run: e.target.checked })}
                />
              </div>
            </details>
          </div>
          <PreviewPane
            workspaceId={ws}
            tableId={table.id}
            config={config}
            ready={problem === null}
            sampleRow={sampleRow}
          />
        </div>
      )}
    </Dialog>
  );
}

/** What people look for most; one makes the whole waterfall. */
function Templates({ ready, onPick }: { ready: boolean; onPick: (t: Template) => void }) {
  return (
    <section aria-label="Templates" className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">What do you want to find?</h3>
      <div className="grid gap-2 sm:grid-cols-2">
        {templates.map((t) => (
          <button
            key={t.id}
            type="button"
            disabled={!ready}
            onClick={() => onPick(t)}
            className="rounded-md border border-line bg-surface px-3 py-2 text-left hover:bg-hover"
          >
            <span className="block font-medium">{t.name}</span>
            <span className="block text-sm text-ink-2">{t.text}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

function withText(config: EnrichmentConfig, key: 'condition', text: string): EnrichmentConfig {
  const { [key]: _, ...rest } = config;
  return text ? { ...rest, [key]: text } : rest;
}
function withDays(config: EnrichmentConfig, days: number | null): EnrichmentConfig {
  const { cache_days: _, ...rest } = config;
  return days === null ? rest : { ...rest, cache_days: days };
}
