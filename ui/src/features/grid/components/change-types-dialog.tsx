import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { ColumnType, Table } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox } from '@/components/field';
import { DataTable, Td } from '@/components/page';
import { Notice } from '@/components/states';
import { Spinner } from '@/components/spinner';
import { DATA_TYPES } from '@/grid/column-types';
import { FormFields, type ColumnForm } from '@/grid/form-fields';
import { isReadOnly } from '@/grid/model';
import { count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { changeType, tableChanged } from '../api/table';
import type { GridPage } from '../use-grid-page';
import { TypePicker } from './type-picker';

const TYPES = DATA_TYPES.map((t) => t.type);

/** Changes the type of several columns, after saying of each how many values fit. */
export function ChangeTypesDialog({
  workspaceId: ws,
  table,
  page,
  columnIds,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  columnIds: readonly string[];
  onClose: () => void;
}) {
  const client = useQueryClient();
  const chosen = table.columns.filter((c) => columnIds.includes(c.id));
  const columns = chosen.filter((c) => !isReadOnly(c));
  const [type, setType] = useState<ColumnType>(columns[0]?.type === 'text' ? 'number' : 'text');
  const [form, setForm] = useState<ColumnForm>();
  const [lossy, setLossy] = useState(false);
  const changing = columns.filter((c) => c.type !== type);
  const looks = useQueries({
    queries: changing.map((c) => ({
      queryKey: ['change-type', ws, table.id, c.id, type, form, undefined],
      queryFn: () => changeType(ws, table.id, c.id, type, { dryRun: true, form }),
      staleTime: 0,
      retry: false,
    })),
  });
  const lost = looks.reduce((n, l) => n + (l.data?.unconvertible ?? 0), 0);
  const open = looks.some((l) => (l.data?.open ?? []).length > 0);
  const choices = looks.some((l) => (l.data?.choices ?? []).length > 0);
  const ready = changing.length > 0 && looks.every((l) => l.data) && !open && (lost === 0 || lossy);
  const apply = useMutation({
    mutationFn: async () => {
      let done = 0;
      try {
        for (const c of changing) {
          await changeType(ws, table.id, c.id, type, { lossy, form });
          done++;
        }
      } finally {
        await tableChanged(client, ws, table.id);
        page.grid?.refreshSoon(true);
      }
      return done;
    },
    onSuccess: (done) => {
      onClose();
      const back = (): void => {
        for (let i = 0; i < done; i++) void page.undo.undo();
      };
      toast.success(`Type of ${plural(done, 'column')} changed`, { label: 'Undo', run: back });
    },
  });
  return (
    <Dialog
      title={`Change the type of ${plural(columns.length, 'column')}`}
      description={
        columns.length < chosen.length
          ? `${plural(chosen.length - columns.length, 'column')} that Morket fills by itself ${chosen.length - columns.length === 1 ? 'is' : 'are'} left out.`
          : undefined
      }
      size="md"
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => apply.mutate()} busy={apply.isPending} disabled={!ready}>
          Change type
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <TypePicker
          types={TYPES}
          value={type}
          autoFocus
          onChange={(t) => {
            setType(t);
            setForm(undefined);
            setLossy(false);
          }}
        />
        {choices && <FormFields type={type} form={form ?? {}} onChange={setForm} />}
        {open && (
          <Notice tone="warning">
            Some values can be read in more than one way. Choose how they are written, or change those columns one by
            one.
          </Notice>
        )}
        <DataTable
          head={['Column', { text: 'Fit', numeric: true }, { text: 'Do not fit', numeric: true }]}
          label="What becomes of the values"
        >
          {columns.map((c) => {
            const look = looks[changing.indexOf(c)];
            return (
              <tr key={c.id}>
                <Td className="max-w-[220px] truncate font-medium">{c.name}</Td>
                {!look ? (
                  <td colSpan={2} className="px-4 text-right text-ink-3">
                    Has this type
                  </td>
                ) : look.isError ? (
                  <td colSpan={2} className="px-4 text-right text-danger-ink">
                    {messageOf(look.error)}
                  </td>
                ) : (
                  <>
                    <Td numeric>{look.data ? count(look.data.converted) : <Spinner className="!size-3" />}</Td>
                    <Td numeric className={(look.data?.unconvertible ?? 0) > 0 ? 'text-warning-ink' : ''}>
                      {look.data ? count(look.data.unconvertible) : ''}
                    </Td>
                  </>
                )}
              </tr>
            );
          })}
        </DataTable>
        {lost > 0 && !open && (
          <Checkbox
            label={`Empty ${plural(lost, 'value')}`}
            hint="They stay in the history, and undo brings them back."
            checked={lossy}
            onChange={(e) => setLossy(e.target.checked)}
          />
        )}
      </div>
    </Dialog>
  );
}
