import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { tablesChanged, tablesQuery } from '@/api/tables';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { copyName } from '@/lib/copy-name';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { duplicateTable } from '../api/tables';

export interface DuplicateProps {
  workspaceId: string;
  table: { id: string; name: string; row_count: number };
  onClose: () => void;
}

/** Makes a table like another one; its rows come in the background. */
export function DuplicateTableDialog({ workspaceId: ws, table, onClose }: DuplicateProps) {
  const tables = useQuery(tablesQuery(ws));
  const [typed, setTyped] = useState<string | null>(null);
  const name =
    typed ??
    copyName(
      table.name,
      (tables.data ?? []).map((t) => t.name),
    );
  const [rows, setRows] = useState(table.row_count > 0);
  const client = useQueryClient();
  const navigate = useNavigate();
  const duplicate = useMutation({
    mutationFn: () => duplicateTable(ws, table.id, name.trim(), rows),
    onSuccess: async (made) => {
      onClose();
      await navigate(`/w/${ws}/tables/${made.table_id}`);
      if (made.import_id) {
        const open = (): void => void navigate(`/w/${ws}/import?id=${made.import_id ?? ''}`);
        toast.info(`Copying ${plural(table.row_count, 'row')}`, { label: 'Show progress', run: open });
      }
      await tablesChanged(client, ws);
    },
  });
  return (
    <Dialog
      title={`Duplicate “${table.name}”`}
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => duplicate.mutate()}
          busy={duplicate.isPending}
          disabled={!name.trim()}
        >
          Duplicate
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          if (name.trim()) duplicate.mutate();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              value={name}
              maxLength={100}
              data-autofocus
              onFocus={(e) => e.target.select()}
              onChange={(e) => setTyped(e.target.value)}
            />
          )}
        </Field>
        <Checkbox
          label={table.row_count > 0 ? `With its ${plural(table.row_count, 'row')}` : 'With its rows'}
          hint="Without, the copy has the columns and views only."
          checked={rows}
          disabled={table.row_count === 0}
          onChange={(e) => setRows(e.target.checked)}
        />
        <p className="text-sm text-ink-3">
          Formulas, lookups and enrichments work in the copy as they do here; enrichments do not run by themselves there
          until you switch that on. The history of cells stays with this table.
        </p>
      </form>
    </Dialog>
  );
}
