import dagre from '@dagrejs/dagre';
import type { WorkflowGraph } from '@/api/types-workflow';
import { moveNodes } from './editing';

export const NODE_WIDTH = 208;
const NODE_HEIGHT = 76;

/** Lays the nodes out from left to right, so that connections cross as little as possible. */
export function arranged(graph: WorkflowGraph): WorkflowGraph {
  const g = new dagre.graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: 'LR', nodesep: 36, ranksep: 64 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of graph.nodes) g.setNode(n.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const e of graph.edges) g.setEdge(e.from, e.to, {}, e.port);
  dagre.layout(g);
  const places = new Map(
    graph.nodes.map((n) => {
      const at = g.node(n.id) as { x: number; y: number };
      return [n.id, { x: Math.round(at.x - NODE_WIDTH / 2), y: Math.round(at.y - NODE_HEIGHT / 2) }] as const;
    }),
  );
  return moveNodes(graph, places);
}
