import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { WorkflowGraph } from '@/api/types-workflow';
import { Dialog } from '@/components/dialog';
import { Shown } from '@/components/shown';
import { Notice, SkeletonRows } from '@/components/states';
import { count, credits } from '@/lib/format';
import { dryRunWorkflow } from '../api/workflows';
import { labelOf } from '../editing';

/** What a run would do and likely cost, tried on up to ten rows without any effect. */
export function DryRunDialog({
  ws,
  id,
  version,
  graph,
  onClose,
}: {
  ws: string;
  id: string;
  version: number;
  graph: WorkflowGraph;
  onClose: () => void;
}) {
  const dry = useQuery({
    queryKey: ['workflow-dry-run', ws, id, version],
    queryFn: () => dryRunWorkflow(ws, id, version),
    gcTime: 0,
    retry: false,
  });
  return (
    <Dialog
      title="Dry run"
      description="Up to ten rows, looked at only: nothing is asked, written or sent."
      size="md"
      onClose={onClose}
    >
      {dry.isPending && <SkeletonRows />}
      {dry.isError && <Notice tone="danger">{messageOf(dry.error)}</Notice>}
      {dry.data && (
        <>
          <p className="mb-3">
            A run now would take <b className="tnum">{count(dry.data.rows)}</b> rows and likely cost{' '}
            <b className="tnum">{credits(dry.data.likely_mc)}</b> credits.
          </p>
          <ol className="flex flex-col">
            {dry.data.nodes.map((n) => {
              const node = graph.nodes.find((g) => g.id === n.node_id);
              return (
                <li key={n.node_id} className="flex flex-wrap gap-x-3 border-b border-line py-2 last:border-0">
                  <span className="w-40 shrink-0 font-medium">
                    <Shown text={node ? labelOf(node) : n.node_id} />
                  </span>
                  <span className="min-w-0 flex-1 basis-48 text-ink-2">
                    <Shown text={n.says} />
                    {(n.likely_mc ?? 0) > 0 && ` for about ${credits(n.likely_mc ?? 0)} credits`}
                  </span>
                </li>
              );
            })}
          </ol>
        </>
      )}
    </Dialog>
  );
}
