import { useQuery } from '@tanstack/react-query';
import { Trash2, X } from 'lucide-react';
import type { ComponentType } from 'react';
import { tableQuery } from '@/api/tables';
import type { Column, Filter } from '@/api/types';
import type { WorkflowConfig, WorkflowGraph, WorkflowNode, WorkflowProblem } from '@/api/types-workflow';
import { Button, IconButton } from '@/components/button';
import { Field, Input, Select } from '@/components/field';
import { Notice } from '@/components/states';
import { tableOf } from '../editing';
import { isTrigger, kinds } from '../kinds';
import { ActionFields } from './action-fields';
import { TriggerFields } from './trigger-fields';

/** The table's own filter, which the grid's feature brings along. */
export type FilterEditor = ComponentType<{
  columns: Column[];
  filter: Filter | null;
  onChange: (f: Filter | null) => void;
}>;

/** What the selected node is set to. */
export function ConfigPanel({
  ws,
  workflow,
  graph,
  node,
  problems,
  filters: Filters,
  onChange,
  onRemove,
  onClose,
}: {
  ws: string;
  workflow: string;
  graph: WorkflowGraph;
  node: WorkflowNode;
  problems: WorkflowProblem[];
  filters: FilterEditor;
  onChange: (change: Partial<WorkflowNode>) => void;
  onRemove: () => void;
  onClose: () => void;
}) {
  const tableId = tableOf(graph, node.id);
  const table = useQuery({ ...tableQuery(ws, tableId), enabled: tableId !== '' });
  const columns = table.data?.columns ?? [];
  const info = kinds[node.kind];
  const config = (change: WorkflowConfig): void => onChange({ config: { ...node.config, ...change } });
  const ofTable = tableId === node.config.table_id && node.kind !== 'webhook';
  const filtered = node.kind === 'filter' || node.kind === 'branch' || ofTable;
  const fields = { ws, workflow, node, columns, onConfig: config };
  return (
    <section aria-label={`Settings of ${node.name || info.label}`} className="flex h-full flex-col">
      <header className="flex items-center gap-2 border-b border-line px-4 py-2.5">
        <info.icon size={16} aria-hidden className="text-ink-3" />
        <h2 className="flex-1 truncate text-md font-semibold">{info.label}</h2>
        <IconButton label="Remove the node" size="sm" onClick={onRemove}>
          <Trash2 size={14} />
        </IconButton>
        <IconButton label="Close the settings" size="sm" onClick={onClose}>
          <X size={14} />
        </IconButton>
      </header>
      <div className="flex flex-1 flex-col gap-4 overflow-y-auto p-4">
        <p className="text-sm text-ink-2">{info.text}</p>
        {problems.map((p) => (
          <Notice key={p.message} tone="danger">
            {p.message}
          </Notice>
        ))}
        <Field label="Name" optional>
          {(ids) => (
            <Input
              {...ids}
              maxLength={100}
              placeholder={info.label}
              value={node.name ?? ''}
              onChange={(e) => onChange({ name: e.target.value })}
            />
          )}
        </Field>
        <TriggerFields {...fields} />
        <ActionFields {...fields} />
        {filtered && tableId !== '' && node.kind !== 'send' && columns.length > 0 && (
          <div>
            <p className="text-sm font-medium text-ink-2">
              {node.kind === 'branch'
                ? 'Rows that go the way of yes'
                : node.kind === 'filter'
                  ? 'Rows that pass'
                  : 'Only rows'}
            </p>
            <div className="-mx-3 overflow-x-auto [&>div]:w-full">
              <Filters
                key={`${node.id}/${tableId}`}
                columns={columns}
                filter={node.config.filter ?? null}
                onChange={(f) => onChange({ config: f ? { ...node.config, filter: f } : without(node.config) })}
              />
            </div>
          </div>
        )}
        {filtered && tableId === '' && info.takes === 'rows' && (
          <p className="text-sm text-ink-3">Connect the node with rows of a table to set its condition.</p>
        )}
        {!isTrigger(node.kind) && (
          <Field label="When it fails">
            {(ids) => (
              <Select
                {...ids}
                value={node.on_error ?? 'stop'}
                onChange={(e) => onChange({ on_error: e.target.value === 'continue' ? 'continue' : 'stop' })}
              >
                <option value="stop">Stop the run; it can be resumed</option>
                <option value="continue">Leave those rows out and go on</option>
              </Select>
            )}
          </Field>
        )}
      </div>
      <footer className="border-t border-line p-3">
        <Button size="sm" variant="ghost" onClick={onRemove}>
          Remove the node
        </Button>
      </footer>
    </section>
  );
}

function without(config: WorkflowConfig): WorkflowConfig {
  const { filter: _gone, ...rest } = config;
  return rest;
}
