import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Column, ColumnType, Table } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field } from '@/components/field';
import { Notice, Skeleton } from '@/components/states';
import { Shown } from '@/components/shown';
import { plainText } from '@/grid/values';
import { plural } from '@/lib/format';
import { changeType, tableChanged } from '../api/table';
import { DATA_TYPES } from '@/grid/column-types';
import { CurrencySelect, FormFields, type ColumnForm } from '@/grid/form-fields';
import { TypePicker } from './type-picker';

const TYPES = DATA_TYPES.map((t) => t.type);

/** Changes a column's type after saying how many values fit; losing values needs a tick. */
export function ChangeTypeDialog({
  workspaceId: ws,
  table,
  column,
  onClose,
  onDone,
}: {
  workspaceId: string;
  table: Table;
  column: Column;
  onClose: () => void;
  onDone: () => void;
}) {
  const [type, setType] = useState<ColumnType>(DATA_TYPES.find((t) => t.type !== column.type)?.type ?? 'text');
  const [lossy, setLossy] = useState(false);
  const [form, setForm] = useState<ColumnForm>();
  const [currency, setCurrency] = useState<string>();
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ['change-type', ws, table.id, column.id, type, form, currency],
    queryFn: () => changeType(ws, table.id, column.id, type, { dryRun: true, form, currency }),
    staleTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => changeType(ws, table.id, column.id, type, { lossy, form, currency }),
    onSuccess: async () => {
      await tableChanged(client, ws, table.id);
      onDone();
      onClose();
    },
  });
  const lost = preview.data?.unconvertible ?? 0;
  const open = (preview.data?.open ?? []).length > 0;
  const choices = preview.data?.choices ?? [];
  return (
    <Dialog
      title={`Change the type of “${column.name}”`}
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => apply.mutate()}
          busy={apply.isPending}
          disabled={!preview.data || open || (lost > 0 && !lossy)}
        >
          Change type
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <TypePicker
          types={TYPES.filter((t) => t !== column.type)}
          value={type}
          autoFocus
          onChange={(t) => {
            setType(t);
            setForm(undefined);
            setCurrency(undefined);
            setLossy(false);
          }}
        />
        {choices.length > 0 && <FormFields type={type} form={form ?? preview.data?.form ?? {}} onChange={setForm} />}
        {type === 'currency' && (
          <Field label="Currency" hint="An amount that names another currency does not fit.">
            {(ids) => (
              <CurrencySelect {...ids} value={currency ?? preview.data?.currency ?? 'USD'} onChange={setCurrency} />
            )}
          </Field>
        )}
        {open && (
          <Notice tone="warning">The values can be read in more than one way. Choose how they are written.</Notice>
        )}
        {preview.isPending && <Skeleton className="h-9" />}
        {preview.isError && <Notice tone="danger">{messageOf(preview.error)}</Notice>}
        {!open && (preview.data?.read_as ?? []).length > 0 && (
          <ul className="rounded-md border border-line" aria-label="How values are read">
            {(preview.data?.read_as ?? []).slice(0, 3).map((r) => (
              <li key={r.row_id} className="truncate border-b border-line px-3 py-1.5 last:border-0">
                <Shown text={plainText(r.value)} /> → <Shown text={plainText(r.as)} />
              </li>
            ))}
          </ul>
        )}
        {preview.data && !open && lost === 0 && (
          <Notice tone="success">All {plural(preview.data.converted, 'value')} fit.</Notice>
        )}
        {preview.data && !open && lost > 0 && (
          <>
            <Notice tone="warning">
              {plural(preview.data.converted, 'value')} fit; {plural(lost, 'value')} {lost === 1 ? 'does' : 'do'} not
              and would become empty.
            </Notice>
            <ul className="rounded-md border border-line">
              {(preview.data.samples ?? []).slice(0, 5).map((s) => (
                <li key={s.row_id} className="truncate border-b border-line px-3 py-1.5 last:border-0">
                  <Shown text={plainText(s.value)} />
                </li>
              ))}
            </ul>
            <Checkbox
              label={`Empty ${plural(lost, 'value')}`}
              hint="They stay in the history, and undo brings them back."
              checked={lossy}
              onChange={(e) => setLossy(e.target.checked)}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}
