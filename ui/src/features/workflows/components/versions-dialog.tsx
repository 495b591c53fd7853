import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { WorkflowVersion } from '@/api/types-workflow';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Shown } from '@/components/shown';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { cx } from '@/lib/cx';
import { ago } from '@/lib/format';
import { diffQuery, rollbackWorkflow, versionsQuery } from '../api/workflows';

/** All versions; each shows what it changed, and can be brought back as a new one. */
export function VersionsDialog({
  ws,
  id,
  canEdit,
  unsaved,
  onBack,
  onClose,
}: {
  ws: string;
  id: string;
  canEdit: boolean;
  unsaved: boolean;
  onBack: () => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const versions = useQuery(versionsQuery(ws, id));
  const [open, setOpen] = useState(0);
  const back = useMutation({
    mutationFn: (version: number) => rollbackWorkflow(ws, id, version),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['workflow-versions', ws, id] });
      onBack();
    },
  });
  return (
    <Dialog
      title="Versions"
      description="A version never changes. Bringing one back saves it as a new version."
      size="md"
      onClose={onClose}
    >
      {versions.isPending && <SkeletonRows />}
      {versions.isError && <Notice tone="danger">{messageOf(versions.error)}</Notice>}
      {back.error && <Notice tone="danger">{messageOf(back.error)}</Notice>}
      <ul className="flex max-h-[60vh] flex-col overflow-y-auto">
        {versions.data?.map((v, i) => (
          <li key={v.version} className="border-b border-line py-2 last:border-0">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-medium">Version {v.version}</span>
              {v.published && <Badge tone="success">Published</Badge>}
              {v.restored_from && <Badge>From version {v.restored_from}</Badge>}
              <span className="flex-1 text-sm text-ink-3">{ago(v.at)}</span>
              {v.version > 1 && (
                <Button size="sm" variant="ghost" onClick={() => setOpen(open === v.version ? 0 : v.version)}>
                  What changed
                </Button>
              )}
              {canEdit && i > 0 && (
                <Button size="sm" disabled={unsaved} busy={back.isPending} onClick={() => back.mutate(v.version)}>
                  Bring back
                </Button>
              )}
            </div>
            {open === v.version && <Changes ws={ws} id={id} version={v} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Changes({ ws, id, version }: { ws: string; id: string; version: WorkflowVersion }) {
  const diff = useQuery(diffQuery(ws, id, version.version - 1, version.version));
  if (diff.isPending) return <SkeletonRows rows={2} />;
  if (diff.isError) return <Notice tone="danger">{messageOf(diff.error)}</Notice>;
  if (diff.data.length === 0)
    return <p className="pt-1 text-sm text-ink-3">Nothing but the places of nodes, or the name.</p>;
  return (
    <ul className="mt-1 rounded-md bg-sunken p-2 font-mono text-sm">
      {diff.data.map((line) => (
        <li
          key={line}
          className={cx(
            'break-words',
            line.startsWith('+') && 'text-success-ink',
            line.startsWith('−') && 'text-danger-ink',
          )}
        >
          <Shown text={line} />
        </li>
      ))}
    </ul>
  );
}
