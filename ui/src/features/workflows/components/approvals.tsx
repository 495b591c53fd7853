import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { WorkflowApproval } from '@/api/types-workflow';
import { Button } from '@/components/button';
import { Checkbox } from '@/components/field';
import { Notice } from '@/components/states';
import { plainText } from '@/grid/values';
import { count, dateTime, plural } from '@/lib/format';
import { approvalsQuery, decide } from '../api/workflows';

/** The rows of a run that wait for somebody's decision. */
export function Approvals({ ws, run, canDecide }: { ws: string; run: string; canDecide: boolean }) {
  const waiting = useQuery(approvalsQuery(ws, run));
  if (waiting.isError) return <Notice tone="danger">{messageOf(waiting.error)}</Notice>;
  return (
    <>
      {waiting.data?.map((a) => (
        <Approval key={a.node_id} ws={ws} run={run} approval={a} canDecide={canDecide} />
      ))}
    </>
  );
}

function Approval({
  ws,
  run,
  approval: a,
  canDecide,
}: {
  ws: string;
  run: string;
  approval: WorkflowApproval;
  canDecide: boolean;
}) {
  const client = useQueryClient();
  const [left, setLeft] = useState<readonly string[]>([]);
  const chosen = a.rows.filter((r) => !left.includes(r.id));
  const whole = left.length === 0;
  const mutation = useMutation({
    mutationFn: (approve: boolean) =>
      decide(ws, run, { node_id: a.node_id, approve, ...(whole ? {} : { row_ids: chosen.map((r) => r.id) }) }),
    onSettled: async () => {
      setLeft([]);
      await client.invalidateQueries({ queryKey: ['workflow-approvals', ws] });
      await client.invalidateQueries({ queryKey: ['workflow-run', ws, run] });
    },
  });
  const n = whole ? a.waiting : chosen.length;
  return (
    <section aria-label={a.name} className="flex flex-col gap-2 px-4 pb-3">
      <h3 className="font-medium">{a.name}</h3>
      <p className="text-sm text-ink-2">
        {plural(a.waiting, 'row')} {a.waiting === 1 ? 'waits' : 'wait'} for a decision, until {dateTime(a.until)}.
      </p>
      <ul className="flex max-h-64 flex-col gap-1.5 overflow-y-auto rounded-md border border-line p-2">
        {a.rows.map((r) => (
          <li key={r.id}>
            <Checkbox
              label={a.columns.map((c) => plainText(r.cells[c.id] ?? null)).join(' · ') || 'An empty row'}
              disabled={!canDecide}
              checked={!left.includes(r.id)}
              onChange={(e) => setLeft(e.target.checked ? left.filter((id) => id !== r.id) : [...left, r.id])}
            />
          </li>
        ))}
        {a.waiting > a.rows.length && (
          <li className="text-sm text-ink-3">And {count(a.waiting - a.rows.length)} more.</li>
        )}
      </ul>
      {canDecide && (
        <div className="flex gap-1.5">
          <Button
            size="sm"
            variant="primary"
            disabled={n === 0}
            busy={mutation.isPending}
            onClick={() => mutation.mutate(true)}
          >
            Approve {count(n)}
          </Button>
          <Button size="sm" disabled={n === 0} busy={mutation.isPending} onClick={() => mutation.mutate(false)}>
            Reject {count(n)}
          </Button>
        </div>
      )}
      {mutation.error && <Notice tone="danger">{messageOf(mutation.error)}</Notice>}
    </section>
  );
}
