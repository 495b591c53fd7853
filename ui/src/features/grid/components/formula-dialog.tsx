import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CheckedFormula, Column, ColumnType, Table } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select } from '@/components/field';
import { COLUMN_TYPES, DATA_TYPES } from '@/grid/column-types';
import { useDebounced } from '@/lib/use-debounced';
import { checkFormula, formulaFunctionsQuery } from '../api/formula';
import { addColumn, tableChanged, updateColumn } from '../api/table';
import { shownFormula } from '../formula';
import { freeName } from '../free-name';
import { FormulaEditor } from './formula-editor';
import { FormulaFunctions } from './formula-functions';

export interface FormulaDialogProps {
  workspaceId: string;
  table: Table;
  column: Column | null;
  after?: string;
  sampleRow: string | null;
  onClose: () => void;
  onSaved: (columnId: string) => void;
}

const SETTLE_MS = 250;
const NO_FUNCTIONS: never[] = [];

/** Makes a formula column, or changes one, with what it makes of a row while it is written. */
export function FormulaDialog({
  workspaceId: ws,
  table,
  column,
  after,
  sampleRow,
  onClose,
  onSaved,
}: FormulaDialogProps) {
  const [name, setName] = useState(column?.name ?? '');
  const [source, setSource] = useState(() => shownFormula(column?.formula?.expression ?? '', table.columns));
  const [type, setType] = useState<ColumnType | ''>(column?.type ?? '');
  const settled = useDebounced(source, SETTLE_MS);
  const functions = useQuery(formulaFunctionsQuery(ws)).data ?? NO_FUNCTIONS;
  const check = useQuery({
    queryKey: ['formula-check', ws, table.id, table.schema_version, settled, type, column?.id, sampleRow],
    queryFn: () =>
      checkFormula(ws, table.id, {
        expression: settled,
        ...(type ? { type } : {}),
        ...(column ? { column_id: column.id } : {}),
        ...(sampleRow ? { row_id: sampleRow } : {}),
      }),
    enabled: settled.trim() !== '',
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });
  const checked = settled.trim() === '' ? undefined : check.data;
  const current = settled === source && !check.isPlaceholderData;
  const problem = current ? checked?.problem : undefined; // that of what was written before is none of this
  const fits = type || checked?.type || 'text';
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      const spec = {
        name: name.trim() || freeName(table, 'Formula'),
        type: fits as ColumnType,
        formula: { expression: source },
      };
      if (!column) return (await addColumn(ws, table.id, { ...spec, kind: 'formula', ...(after ? { after } : {}) })).id;
      await updateColumn(ws, table.id, column.id, spec);
      return column.id;
    },
    onSuccess: async (id) => {
      await tableChanged(client, ws, table.id);
      onSaved(id);
      onClose();
    },
  });
  const submit = (): void => {
    if (source.trim() && !problem) save.mutate();
  };
  return (
    <Dialog
      title={column ? `Formula of ${column.name}` : 'Add a formula column'}
      size="lg"
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={submit}
          busy={save.isPending}
          disabled={!source.trim() || problem !== undefined}
        >
          {column ? 'Save' : 'Add column'}
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-3 sm:flex-row">
          <Field label="Name" className="flex-1">
            {(ids) => (
              <Input
                {...ids}
                value={name}
                maxLength={100}
                placeholder={freeName(table, 'Formula')}
                onChange={(e) => setName(e.target.value)}
              />
            )}
          </Field>
          <Field label="Type of the result" className="sm:w-52">
            {(ids) => (
              <Select {...ids} value={type} onChange={(e) => setType(e.target.value as ColumnType | '')}>
                {!column && <option value="">{checked ? `What fits: ${labelOf(fits)}` : 'What fits'}</option>}
                {DATA_TYPES.map((t) => (
                  <option key={t.type} value={t.type}>
                    {t.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Field
          label="Formula"
          hint="Type {{ for a column, or the first letters of a column or function. Ctrl+Enter saves."
        >
          {(ids) => (
            <FormulaEditor
              id={ids.id}
              value={source}
              columns={table.columns}
              functions={functions}
              problem={problem}
              onChange={setSource}
              onSubmit={submit}
            />
          )}
        </Field>
        <div className={current ? '' : 'opacity-60'}>
          <Result checked={checked} row={sampleRow !== null} />
        </div>
        <FormulaFunctions functions={functions} />
      </div>
    </Dialog>
  );
}

/** What is wrong with the formula, or what it makes of the row. */
function Result({ checked, row }: { checked: CheckedFormula | undefined; row: boolean }) {
  const box = 'min-h-9 rounded-md px-3 py-2 text-base break-words';
  if (checked?.problem)
    return (
      <p role="alert" className={`${box} bg-danger-soft text-danger-ink`}>
        {checked.problem.message}
      </p>
    );
  if (checked?.error)
    return (
      <p role="status" className={`${box} bg-warning-soft text-warning-ink`}>
        Error on the selected row: {checked.error}
      </p>
    );
  return (
    <p role="status" className={`${box} bg-sunken text-ink-2`}>
      {!checked || !row ? (
        'The result on the selected row appears here.'
      ) : (
        <>
          On the selected row: <span className="tnum font-medium text-ink">{shown(checked.value)}</span>
        </>
      )}
      {checked?.uses_time && <span className="block text-sm text-ink-3">It is computed anew as time goes by.</span>}
    </p>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function labelOf(type: string): string {
  return COLUMN_TYPES.find((t) => t.type === type)?.label ?? type;
}
