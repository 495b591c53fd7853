import { CircleAlert } from 'lucide-react';
import type { WorkflowGraph } from '@/api/types-workflow';
import { Button } from '@/components/button';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { count } from '@/lib/format';
import { inOrder, labelOf } from '../editing';
import { kinds } from '../kinds';
import type { CardData } from './node-card';

/** The nodes in the order of their rows, as text: for screen readers, and for screens too small for a canvas. */
export function NodeList({
  graph,
  data,
  selected,
  onSelect,
  onRemove,
}: {
  graph: WorkflowGraph;
  data: ReadonlyMap<string, CardData>;
  selected: string | null;
  onSelect?: (id: string) => void;
  onRemove?: (id: string) => void;
}) {
  const name = (id: string): string => {
    const n = graph.nodes.find((node) => node.id === id);
    return n ? labelOf(n) : id;
  };
  return (
    <ol className="flex flex-col gap-2 p-3" aria-label="Nodes, in the order of their rows">
      {inOrder(graph).map((n) => {
        const Icon = kinds[n.kind].icon;
        const card = data.get(n.id);
        const to = graph.edges.filter((e) => e.from === n.id);
        return (
          <li
            key={n.id}
            className={cx('rounded-lg border bg-surface p-3', n.id === selected ? 'border-primary' : 'border-line')}
          >
            <div className="flex items-start gap-2">
              <Icon size={16} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
              <div className="min-w-0 flex-1">
                <p className="font-medium">
                  <Shown text={labelOf(n)} />
                </p>
                <p className="text-sm text-ink-2">
                  <Shown text={card?.says ?? ''} />
                </p>
                {card?.problem && (
                  <p className="flex items-center gap-1 text-sm text-danger-ink">
                    <CircleAlert size={13} aria-hidden /> {card.problem}
                  </p>
                )}
                {card?.progress && (
                  <p className="tnum text-sm text-ink-2">
                    {count(card.progress.rows_done)} done
                    {card.progress.rows_failed > 0 && `, ${count(card.progress.rows_failed)} failed`}
                  </p>
                )}
                {to.length > 0 && (
                  <p className="text-sm text-ink-3">
                    Then {to.map((e) => `${e.port === 'out' ? '' : `${e.port}: `}${name(e.to)}`).join('; ')}
                  </p>
                )}
              </div>
              {onSelect && (
                <Button size="sm" onClick={() => onSelect(n.id)}>
                  Edit
                </Button>
              )}
              {onRemove && (
                <Button size="sm" variant="ghost" onClick={() => onRemove(n.id)}>
                  Remove
                </Button>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
