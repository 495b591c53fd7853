import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { CircleAlert, LoaderCircle } from 'lucide-react';
import type { WorkflowNode, WorkflowProgress } from '@/api/types-workflow';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { count } from '@/lib/format';
import { labelOf } from '../editing';
import { kinds } from '../kinds';
import { NODE_WIDTH } from '../layout';

export interface CardData extends Record<string, unknown> {
  node: WorkflowNode;
  /** What the node is set to, in a few words. */
  says: string;
  problem: string;
  progress: WorkflowProgress | undefined;
}
export type CardNode = Node<CardData, 'card'>;

const accents = {
  Triggers: 'bg-[var(--soft-violet)] text-[var(--soft-violet-ink)]',
  Rows: 'bg-[var(--soft-blue)] text-[var(--soft-blue-ink)]',
  Actions: 'bg-[var(--soft-green)] text-[var(--soft-green-ink)]',
};

/** A node on the canvas: what it is, what it is set to, what is wrong with it, and how far it has come in a run. */
export function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { node, says, problem, progress } = data;
  const info = kinds[node.kind];
  const Icon = info.icon;
  return (
    <div
      style={{ width: NODE_WIDTH }}
      className={cx(
        'rounded-lg border bg-raised shadow-sm transition-colors',
        selected ? 'border-primary outline-2 outline-primary-soft' : problem ? 'border-danger' : 'border-line-strong',
      )}
    >
      {info.takes && <Handle type="target" position={Position.Left} className="wf-handle" />}
      <div className="flex items-start gap-2 p-2.5">
        <span className={cx('flex size-7 shrink-0 items-center justify-center rounded-md', accents[info.group])}>
          <Icon size={15} aria-hidden />
        </span>
        <div className="min-w-0 flex-1">
          <p className="truncate text-base font-medium">
            <Shown text={labelOf(node)} />
          </p>
          <p className={cx('truncate text-sm', problem ? 'text-danger-ink' : 'text-ink-3')}>
            {problem ? problem : <Shown text={says} />}
          </p>
        </div>
        {problem && <CircleAlert size={14} className="mt-0.5 shrink-0 text-danger-ink" aria-label="Not ready" />}
      </div>
      {progress && <RunLine progress={progress} />}
      {info.ports.map((port, i) => (
        <Handle
          key={port}
          type="source"
          id={port}
          position={Position.Right}
          className="wf-handle"
          style={{ top: info.ports.length > 1 ? 22 + i * 26 : '50%' }}
        >
          {info.ports.length > 1 && (
            <span className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-xs text-ink-3">
              {port}
            </span>
          )}
        </Handle>
      ))}
    </div>
  );
}

/** How far the node has come in the run that is looked at. */
function RunLine({ progress: p }: { progress: WorkflowProgress }) {
  const busy = p.state === 'asking' || p.state === 'waiting' || p.state === 'approving';
  return (
    <p
      className={cx(
        'tnum flex items-center gap-1.5 border-t border-line px-2.5 py-1 text-sm',
        p.state === 'failed' ? 'text-danger-ink' : 'text-ink-2',
      )}
    >
      {busy && <LoaderCircle size={12} className="animate-spin" aria-hidden />}
      <span>{count(p.rows_done)} done</span>
      {p.rows_failed > 0 && <span className="text-danger-ink">{count(p.rows_failed)} failed</span>}
      {p.state === 'asking' && <span className="text-ink-3">asking</span>}
      {p.state === 'approving' && <span className="text-ink-3">for people to decide</span>}
      {p.state === 'waiting' && <span className="text-ink-3">waiting</span>}
    </p>
  );
}
