import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { tableQuery } from '@/api/tables';
import type { CrmConnection, CrmVendor, SyncDefinition } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { toast } from '@/lib/toasts';
import { fieldsQuery, previewSync, runSync, saveSync } from '../api/integrations';
import { bodyOf, problemOf, pushes } from '../draft';
import { MappingTable } from './mapping-table';
import { RecordItem } from './record-item';
import { SyncBasics } from './sync-basics';

export interface SyncFormProps {
  ws: string;
  id: string | undefined;
  initial: SyncDefinition;
  vendors: CrmVendor[];
  connections: CrmConnection[];
}

/** The editor of a sync, with what it would do with the first rows. */
export function SyncForm({ ws, id, initial, vendors, connections }: SyncFormProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<SyncDefinition>(initial);
  const table = useQuery(tableQuery(ws, draft.table_id));
  const fields = useQuery(fieldsQuery(ws, draft.connection_id, draft.object));
  const vendor = vendors.find((v) => v.slug === connections.find((c) => c.id === draft.connection_id)?.vendor);
  const object = vendor?.objects.find((o) => o.slug === draft.object);
  const sample = useMutation({ mutationFn: () => previewSync(ws, bodyOf(draft)), meta: { quiet: true } });
  const change = (part: Partial<SyncDefinition>): void => {
    sample.reset();
    setDraft({ ...draft, ...part });
  };
  const save = useMutation({
    mutationFn: async (dry: boolean) => {
      const saved = await saveSync(ws, bodyOf(draft), id);
      return dry ? runSync(ws, saved.id, pushes(draft) ? 'push' : 'pull', true) : '';
    },
    onSuccess: async (run) => {
      await client.invalidateQueries({ queryKey: ['syncs', ws] });
      await client.invalidateQueries({ queryKey: ['sync-runs', ws] });
      if (!run) toast.success('The sync is saved');
      await navigate(run ? `/w/${ws}/integrations/runs/${run}` : `/w/${ws}/integrations`);
    },
    meta: { quiet: true },
  });
  const error = table.error ?? fields.error;
  if (error) return <Notice tone="danger">{messageOf(error)}</Notice>;
  if (!table.data || !fields.data || !object) return <SkeletonRows />;
  const problem = problemOf(draft, fields.data);
  const labelOf = (name: string): string => fields.data.find((f) => f.name === name)?.label ?? name;
  return (
    <>
      <SyncBasics draft={draft} table={table.data} object={object} onChange={change} />
      <MappingTable
        draft={draft}
        table={table.data}
        fields={fields.data}
        onChange={(mappings) => change({ mappings })}
      />
      {pushes(draft) && (
        <Card
          title="Sample"
          text="What a push would do with the first rows, from the records as they are now."
          flush
          actions={
            <Button size="sm" busy={sample.isPending} disabled={problem !== null} onClick={() => sample.mutate()}>
              Preview
            </Button>
          }
        >
          {sample.isError && <Notice tone="danger">{messageOf(sample.error)}</Notice>}
          {sample.data?.length === 0 && (
            <p className="p-4 text-sm text-ink-2">The table has no rows that the sync takes.</p>
          )}
          <ul>
            {sample.data?.map((r) => (
              <RecordItem key={r.row_id} ws={ws} table={draft.table_id} record={r} labelOf={labelOf} />
            ))}
          </ul>
          {!sample.data && !sample.isError && <p className="p-4 text-sm text-ink-3">A preview writes nothing.</p>}
        </Card>
      )}
      {save.isError && <Notice tone="danger">{messageOf(save.error)}</Notice>}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          variant="primary"
          busy={save.isPending}
          disabled={problem !== null || save.isPending}
          onClick={() => save.mutate(true)}
        >
          Save and dry run
        </Button>
        <Button disabled={problem !== null || save.isPending} onClick={() => save.mutate(false)}>
          Save
        </Button>
        <span role="status" className="text-sm text-ink-2">
          {problem ?? ''}
        </span>
      </div>
    </>
  );
}
