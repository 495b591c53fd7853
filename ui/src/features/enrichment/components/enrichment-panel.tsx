import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { credentialsQuery } from '@/api/credentials';
import { providersQuery } from '@/api/providers';
import type { CellValue, Cells, Column, EnrichmentConfig, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Drawer } from '@/components/drawer';
import { Field, Input } from '@/components/field';
import { Notice, SkeletonRows } from '@/components/states';
import { toast } from '@/lib/toasts';
import { createEnrichment, updateEnrichment } from '../api/enrichment';
import { newStep, problemOf, typeOfStep, withMapped } from '../config';
import { FaultScope, useChecked } from '../faults';
import { fieldsOf, fillsOf, isMain, newFill, splitFills, type Fills } from '../fills';
import { fromTemplate, type Template } from '../templates';
import { BacktestLink } from './backtest-link';
import { FillFields } from './fill-fields';
import { ProviderPicker } from './provider-picker';
import { RunRules } from './run-rules';
import { TemplateList } from './template-list';
import { TryConsole, type TryConsoleProps } from './try-console';
import { Waterfall } from './waterfall';

export interface EnrichmentPanelProps {
  workspaceId: string;
  table: Table;
  /** Null makes a new column. */
  column: Column | null;
  choices: TryConsoleProps['choices'];
  onClose: () => void;
  onSaved: (columnId: string) => Promise<void>;
}

/** The waterfall of a column beside the grid: which providers are asked, with what, and which answers are accepted. */
export function EnrichmentPanel({ workspaceId: ws, table, column, choices, onClose, onSaved }: EnrichmentPanelProps) {
  const providers = useQuery(providersQuery);
  const credentials = useQuery(credentialsQuery(ws));
  const [name, setName] = useState(column?.name ?? '');
  const [config, setConfig] = useState<EnrichmentConfig>(column?.enrichment ?? { steps: [] });
  const [fills, setFills] = useState<Fills>(() => fillsOf(config, table.columns));
  const [sample, setSample] = useState<Cells | null>(null);
  const list = providers.data ?? [];
  const fields = fieldsOf(config.steps, list);
  const further = fields.filter((f) => !isMain(config.steps, f.name));
  const first = config.steps[0];
  const provider = list.find((p) => p.slug === first?.provider);
  const suggested = provider?.outputs.find((o) => o.name === first?.output)?.label ?? 'Enrichment';
  const { outputs, added } = splitFills(fills, further);
  const whole: EnrichmentConfig = { ...config, outputs };
  const faults = useChecked(ws, table.id, column?.id ?? null, whole);
  const missing = problemOf(config, list);
  const unnamed = added.some((o) => !o.name) ? 'Name the new columns.' : null;
  const problem = missing ?? unnamed ?? (faults.size > 0 ? [...faults.values()][0] : null) ?? null;

  const apply = (t: Template): void => {
    setConfig({ ...config, ...fromTemplate(t, table, list, credentials.data ?? []) });
    if (!name.trim()) setName(t.name);
  };
  const map = (at: number, path: string, value: CellValue): void => {
    const before = config.steps[at];
    if (!before) return;
    const { step, field } = withMapped(before, path, value);
    const steps = config.steps.map((s, i) => (i === at ? step : s));
    setConfig({ ...config, steps });
    const mapped = fieldsOf(steps, list).find((f) => f.name === field);
    if (mapped && !isMain(steps, field) && !(field in fills))
      setFills({ ...fills, [field]: newFill(mapped, table.columns, fills) });
    toast.success(`${path} is mapped to “${isMain(steps, field) ? name || suggested : field}”`);
  };
  const save = useMutation({
    mutationFn: () =>
      column
        ? updateEnrichment(ws, table.id, column.id, whole, added)
        : createEnrichment(ws, table.id, name.trim() || suggested, typeOfStep(provider, first), whole, added),
    onSuccess: (saved) => onSaved(column?.id ?? saved.id),
  });
  return (
    <Drawer
      wide
      title={column ? `Enrichment of “${column.name}”` : 'New enrichment column'}
      onClose={onClose}
      footer={
        <>
          <TryConsole
            workspaceId={ws}
            tableId={table.id}
            config={config}
            ready={missing === null}
            choices={choices}
            onPick={(step) =>
              config.steps[step]?.provider === 'http_api' ? (path, value) => map(step, path, value) : undefined
            }
            onAnswer={(a) => setSample(a.outputs)}
          />
          <div className="flex items-center justify-end gap-2 border-t border-line px-3 py-2">
            {problem && config.steps.length > 0 && (
              <span role="status" className="mr-auto line-clamp-2 text-sm text-warning-ink">
                {problem}
              </span>
            )}
            {column?.enrichment && <BacktestLink workspaceId={ws} tableId={table.id} columnId={column.id} />}
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="primary" busy={save.isPending} disabled={problem !== null} onClick={() => save.mutate()}>
              {column ? 'Save' : 'Create column'}
            </Button>
          </div>
        </>
      }
    >
      {providers.isPending && <SkeletonRows />}
      {providers.isError && <Notice tone="danger">{messageOf(providers.error)}</Notice>}
      {providers.data && (
        <FaultScope value={{ faults, prefix: '' }}>
          <div className="flex flex-col gap-4 p-3">
            <p className="text-sm text-ink-3">
              Providers are asked from top to bottom until an answer is accepted. Only that answer costs credits.
            </p>
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
            {!column && config.steps.length === 0 && <TemplateList ready={!credentials.isPending} onPick={apply} />}
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
            <FillFields
              fields={further}
              fills={fills}
              columns={table.columns}
              own={column?.id ?? null}
              sample={sample}
              onChange={setFills}
            />
            {config.steps.length > 0 && <RunRules table={table} config={config} onChange={setConfig} />}
          </div>
        </FaultScope>
      )}
    </Drawer>
  );
}
