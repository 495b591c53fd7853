import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { WorkflowWhatIf } from '@/api/types-workflow';
import { Dialog } from '@/components/dialog';
import { Shown } from '@/components/shown';
import { Badge, Notice, SkeletonRows, type Tone } from '@/components/states';
import { count, credits, plural, sentence } from '@/lib/format';
import { whatIfRun } from '../api/workflows';

type Node = WorkflowWhatIf['nodes'][number];

const tones: Record<Node['state'], Tone> = { same: 'neutral', changed: 'warning', added: 'success', removed: 'danger' };

/** What another version would have made of a run's rows, without any effect. */
export function WhatIfDialog({
  ws,
  run,
  version,
  onClose,
}: {
  ws: string;
  run: string;
  version: number;
  onClose: () => void;
}) {
  const asked = useQuery({
    queryKey: ['workflow-what-if', ws, run, version],
    queryFn: () => whatIfRun(ws, run, version),
    gcTime: 0,
    retry: false,
  });
  const d = asked.data;
  return (
    <Dialog
      title={`What if: version ${String(version)}`}
      description="The rows of this run, gone through under another version. Nothing is asked, written or sent."
      size="lg"
      onClose={onClose}
    >
      {asked.isPending && <SkeletonRows />}
      {asked.isError && <Notice tone="danger">{messageOf(asked.error)}</Notice>}
      {d && (
        <>
          <p className="mb-1">
            The run has cost <b className="tnum">{credits(d.spent_mc)}</b> credits under version {d.run_version}.
            Version {d.version} would likely cost <b className="tnum">{credits(d.likely_mc)}</b> more.
          </p>
          <p className="mb-3 text-sm text-ink-3">
            {d.rows < d.rows_total
              ? `The first ${count(d.rows)} of ${count(d.rows_total)} rows. `
              : `${plural(d.rows, 'row')}. `}
            What was done the same way stands as it is recorded; new conditions look at rows as they are now.
          </p>
          <div className="overflow-x-auto">
            <table className="tnum w-full text-left">
              <thead className="text-sm text-ink-3">
                <tr className="border-b border-line [&>th]:py-1.5 [&>th]:pr-3 [&>th]:font-medium">
                  <th scope="col">Node</th>
                  <th scope="col" className="text-right">
                    Rows then
                  </th>
                  <th scope="col" className="text-right">
                    Rows now
                  </th>
                  <th scope="col">Difference</th>
                  <th scope="col" className="text-right">
                    To do
                  </th>
                  <th scope="col" className="text-right">
                    Credits
                  </th>
                </tr>
              </thead>
              <tbody>
                {d.nodes.map((n) => (
                  <tr key={n.node_id} className="border-b border-line last:border-0 [&>*]:py-2 [&>*]:pr-3">
                    <th scope="row" className="font-medium">
                      <Shown text={n.name} />{' '}
                      {n.state !== 'same' && <Badge tone={tones[n.state]}>{sentence(n.state)}</Badge>}
                    </th>
                    <td className="text-right">{count(n.rows_before)}</td>
                    <td className="text-right">{count(n.rows_after)}</td>
                    <td className="text-ink-2">{difference(n)}</td>
                    <td className="text-right">{count(n.rows_to_do)}</td>
                    <td className="text-right">{n.likely_mc ? credits(n.likely_mc) : '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Dialog>
  );
}

function difference(n: Node): string {
  const parts = [
    ...(n.rows_came > 0 ? [`+${count(n.rows_came)}`] : []),
    ...(n.rows_left > 0 ? [`−${count(n.rows_left)}`] : []),
  ];
  return parts.length ? parts.join(' ') : 'The same rows';
}
