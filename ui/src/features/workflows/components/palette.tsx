import { cx } from '@/lib/cx';
import type { WorkflowGraph, WorkflowKind } from '@/api/types-workflow';
import { refusesNode } from '../editing';
import { groups, kindList, kinds } from '../kinds';
import { DRAGGED } from './canvas';

/** The kinds of nodes: dragged onto the canvas, or added after the selected node with a click or Enter. */
export function Palette({ graph, onAdd }: { graph: WorkflowGraph; onAdd: (kind: WorkflowKind) => void }) {
  return (
    <nav aria-label="Add a node" className="flex flex-col gap-3 overflow-y-auto p-3">
      {groups.map((group) => (
        <div key={group}>
          <h2 className="px-1 pb-1 text-xs font-medium text-ink-3 uppercase">{group}</h2>
          {kindList
            .filter((k) => kinds[k].group === group)
            .map((kind) => {
              const { icon: Icon, label, text } = kinds[kind];
              const refused = refusesNode(graph, kind);
              return (
                <button
                  key={kind}
                  type="button"
                  draggable={!refused}
                  aria-disabled={refused !== ''}
                  title={refused || text}
                  onDragStart={(e) => e.dataTransfer.setData(DRAGGED, kind)}
                  onClick={() => !refused && onAdd(kind)}
                  className={cx(
                    'flex h-8 w-full items-center gap-2 rounded-md px-2 text-left text-base transition-colors',
                    refused ? 'cursor-not-allowed text-ink-3' : 'cursor-grab text-ink hover:bg-hover',
                  )}
                >
                  <Icon size={15} aria-hidden className="shrink-0 text-ink-3" />
                  <span className="truncate">{label}</span>
                </button>
              );
            })}
        </div>
      ))}
    </nav>
  );
}
