import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { WorkflowDetail, WorkflowGraph, WorkflowRun } from '@/api/types-workflow';
import { Button, IconButton } from '@/components/button';
import { Badge, Empty, Notice, SkeletonRows, type Tone } from '@/components/states';
import { cx } from '@/lib/cx';
import { ago, count, credits, sentence } from '@/lib/format';
import { controlRun, resumeRun, runsQuery, underWay, type RunVerb } from '../api/workflows';
import { labelOf } from '../editing';
import { Approvals } from './approvals';
import { WhatIfDialog } from './what-if-dialog';

const tones: Record<WorkflowRun['state'], Tone> = {
  running: 'primary',
  paused: 'warning',
  completed: 'success',
  partially_completed: 'warning',
  failed: 'danger',
  cancelled: 'neutral',
};
const causes = { manual: 'by hand', schedule: 'on schedule', rows_changed: 'by changed rows', webhook: 'by what came' };

/** The runs of a workflow, newest first; the chosen one shows its counts on the canvas. */
export function RunPanel({
  ws,
  workflow,
  graph,
  chosen,
  selected,
  canRun,
  unsaved,
  onChoose,
  onClose,
}: {
  ws: string;
  workflow: WorkflowDetail;
  graph: WorkflowGraph;
  chosen: string | null;
  selected: string | null;
  canRun: boolean;
  unsaved: boolean;
  onChoose: (run: string | null) => void;
  onClose: () => void;
}) {
  const runs = useQuery(runsQuery(ws, workflow.id));
  return (
    <section aria-label="Runs" className="flex h-full flex-col">
      <header className="flex items-center gap-2 border-b border-line px-4 py-2.5">
        <h2 className="flex-1 text-md font-semibold">Runs</h2>
        <IconButton label="Close the runs" size="sm" onClick={onClose}>
          <X size={14} />
        </IconButton>
      </header>
      <div className="flex-1 overflow-y-auto">
        {runs.isPending && <SkeletonRows />}
        {runs.isError && <Notice tone="danger">{messageOf(runs.error)}</Notice>}
        {runs.data?.length === 0 && (
          <Empty title="No runs yet" text="Press Run, or publish the workflow so that its trigger begins runs." />
        )}
        <ul>
          {runs.data?.map((run) => (
            <li key={run.id} className={cx('border-b border-line', run.id === chosen && 'bg-primary-soft')}>
              <button
                type="button"
                aria-pressed={run.id === chosen}
                onClick={() => onChoose(run.id === chosen ? null : run.id)}
                className="flex w-full flex-col gap-1 px-4 py-2.5 text-left hover:bg-hover"
              >
                <span className="flex items-center gap-2">
                  <Badge tone={tones[run.state]}>{sentence(run.state)}</Badge>
                  <span className="text-sm text-ink-3">{ago(run.started_at)}</span>
                </span>
                <span className="tnum text-sm text-ink-2">
                  Version {run.version} {causes[run.cause]} · {count(run.rows)} rows · {credits(run.spent_mc)} credits
                  {run.resumed > 0 && ` · resumed ${run.resumed}×`}
                </span>
                {run.reason && <span className="text-sm text-ink-2">{sentence(run.reason)}</span>}
                {(run.missed ?? 0) > 0 && (
                  <span className="text-sm text-ink-3">
                    {run.missed} earlier times were missed; this run stands for all
                  </span>
                )}
              </button>
              {run.id === chosen && underWay(run) && <Approvals ws={ws} run={run.id} canDecide={canRun} />}
              {canRun && run.id === chosen && (
                <RunActions ws={ws} run={run} workflow={workflow} graph={graph} selected={selected} unsaved={unsaved} />
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** What can be asked of a run. */
function RunActions({
  ws,
  run,
  workflow,
  graph,
  selected,
  unsaved,
}: {
  ws: string;
  run: WorkflowRun;
  workflow: WorkflowDetail;
  graph: WorkflowGraph;
  selected: string | null;
  unsaved: boolean;
}) {
  const client = useQueryClient();
  const changed = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['workflow-runs', ws, workflow.id] });
    await client.invalidateQueries({ queryKey: ['workflow-run', ws, run.id] });
  };
  const control = useMutation({ mutationFn: (verb: RunVerb) => controlRun(ws, run.id, verb), onSuccess: changed });
  const resume = useMutation({
    mutationFn: (from: string | undefined) =>
      resumeRun(ws, run.id, { version: workflow.latest_version, ...(from ? { from } : {}) }),
    onSuccess: changed,
  });
  const error = control.error ?? resume.error;
  const node = graph.nodes.find((n) => n.id === selected);
  const blocked = workflow.problems.length > 0;
  const [asking, setAsking] = useState(false);
  return (
    <div className="flex flex-col gap-2 px-4 pb-3">
      <div className="flex flex-wrap gap-1.5">
        {run.state === 'running' && (
          <Button size="sm" busy={control.isPending} onClick={() => control.mutate('pause')}>
            Pause
          </Button>
        )}
        {run.state === 'paused' && (
          <Button size="sm" busy={control.isPending} onClick={() => control.mutate('continue')}>
            Continue
          </Button>
        )}
        {underWay(run) && (
          <Button size="sm" variant="ghost" busy={control.isPending} onClick={() => control.mutate('cancel')}>
            Cancel
          </Button>
        )}
        {!underWay(run) && (
          <>
            <Button
              size="sm"
              variant="primary"
              busy={resume.isPending}
              disabled={blocked || unsaved}
              onClick={() => resume.mutate(undefined)}
            >
              Resume under version {workflow.latest_version}
            </Button>
            {node && (
              <Button
                size="sm"
                busy={resume.isPending}
                disabled={blocked || unsaved}
                title="This node and all after it do their work again"
                onClick={() => resume.mutate(node.id)}
              >
                Again from {labelOf(node)}
              </Button>
            )}
            <Button
              size="sm"
              variant="ghost"
              disabled={blocked || unsaved}
              title="What the newest version would make of these rows, without any effect"
              onClick={() => setAsking(true)}
            >
              What if
            </Button>
          </>
        )}
      </div>
      {!underWay(run) && (
        <p className="text-sm text-ink-3">
          {unsaved
            ? 'Save your changes to resume under them.'
            : 'What is done and has not changed is kept: nothing is paid twice. What failed is tried again.'}
        </p>
      )}
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      {asking && (
        <WhatIfDialog ws={ws} run={run.id} version={workflow.latest_version} onClose={() => setAsking(false)} />
      )}
    </div>
  );
}
