import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tableQuery } from '@/api/tables';
import type { CheckedLookup, Column, Lookup, Table } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { plural } from '@/lib/format';
import { checkLookup } from '../api/lookup';
import { addColumn, tableChanged, updateColumn } from '../api/table';
import { freeName } from '../free-name';
import { keyColumns, likelyMatch } from '../lookup';
import { LookupChoices, type Choice } from './lookup-choices';

export interface LookupDialogProps {
  workspaceId: string;
  table: Table;
  column: Column | null;
  after?: string;
  sampleRow: string | null;
  onClose: () => void;
  onSaved: (columnId: string) => void;
}

/** Makes a lookup column, or changes one, with what it finds for the table's first rows and for one row. */
export function LookupDialog(props: LookupDialogProps) {
  const { workspaceId: ws, table, column, after, sampleRow, onClose, onSaved } = props;
  const [name, setName] = useState(column?.name ?? '');
  const [choice, setChoice] = useState<Choice>(() => column?.lookup ?? { take: 'first' });
  const looked = useLooked(ws, table, choice.table_id);
  const lookup = complete(choice, table, looked);
  const check = useQuery({
    queryKey: ['lookup-check', ws, table.id, table.schema_version, lookup, column?.id, sampleRow],
    queryFn: () =>
      checkLookup(ws, table.id, {
        lookup: lookup as Lookup,
        ...(column ? { column_id: column.id } : {}),
        ...(sampleRow ? { row_id: sampleRow } : {}),
      }),
    enabled: lookup !== null,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });
  const checked = lookup && !check.isPlaceholderData ? check.data : undefined;
  const suggested = freeName(table, looked?.columns.find((c) => c.id === lookup?.value)?.name ?? 'Lookup');
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      if (!lookup || !checked?.type) throw new Error('Choose what the column looks up.');
      const spec = { name: name.trim() || suggested, type: checked.type as Column['type'], lookup };
      if (!column) return (await addColumn(ws, table.id, { ...spec, kind: 'lookup', ...(after ? { after } : {}) })).id;
      await updateColumn(ws, table.id, column.id, spec);
      return column.id;
    },
    onSuccess: async (id) => {
      await tableChanged(client, ws, table.id);
      onSaved(id);
      onClose();
    },
  });
  const ready = Boolean(checked?.type) && !checked?.problem;
  return (
    <Dialog
      title={column ? `Lookup of ${column.name}` : 'Add a lookup column'}
      size="lg"
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending} disabled={!ready}>
          {column ? 'Save' : 'Add column'}
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name">
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
        <LookupChoices
          workspaceId={ws}
          table={table}
          looked={looked}
          lookup={lookup}
          choice={choice}
          onChange={setChoice}
        />
        <Found checked={checked} row={sampleRow !== null} />
      </div>
    </Dialog>
  );
}

/** The table that is looked into, once it is known. */
function useLooked(ws: string, table: Table, id: string | undefined): Table | undefined {
  const other = useQuery({ ...tableQuery(ws, id ?? ''), enabled: id !== undefined && id !== table.id });
  return id === table.id ? table : other.data;
}

/** The lookup that is chosen, with what is likely where nothing is chosen yet; null before it can be one. */
function complete(choice: Choice, table: Table, looked: Table | undefined): Lookup | null {
  if (!looked || !choice.table_id) return null;
  const key = table.columns.find((c) => c.id === choice.key) ?? keyColumns(table.columns)[0];
  const match = looked.columns.find((c) => c.id === choice.match) ?? likelyMatch(key, looked.columns);
  const value =
    looked.columns.find((c) => c.id === choice.value) ?? looked.columns.find((c) => c.id !== match?.id) ?? match;
  if (!key || !match || !value) return null;
  const take = choice.take ?? 'first';
  return {
    table_id: choice.table_id,
    key: key.id,
    match: match.id,
    take,
    ...(choice.compare ? { compare: choice.compare } : {}),
    ...(take === 'count' ? {} : { value: value.id }),
  };
}

/** What is wrong with the lookup, or what it finds. */
function Found({ checked, row }: { checked: CheckedLookup | undefined; row: boolean }) {
  const box = 'min-h-9 rounded-md px-3 py-2 text-base break-words';
  if (checked?.problem)
    return (
      <p role="alert" className={`${box} bg-danger-soft text-danger-ink`}>
        {checked.problem}
      </p>
    );
  if (!checked)
    return (
      <p role="status" className={`${box} bg-sunken text-ink-2`}>
        What the lookup finds appears here.
      </p>
    );
  return (
    <div role="status" className={`${box} bg-sunken text-ink-2`}>
      <p>
        {checked.rows === 0
          ? 'The first rows of this table have no key.'
          : `${String(checked.matched)} of ${plural(checked.rows, 'sample row')} match.`}
        {!checked.through && ' Only the first 200,000 rows of the other table were looked through.'}
      </p>
      {row && (
        <p>
          On the selected row:{' '}
          <span className="tnum font-medium text-ink">
            {checked.error ? `Error: ${checked.error}` : shown(checked.value)}
          </span>
        </p>
      )}
    </div>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
