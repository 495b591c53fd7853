import type { WorkflowConfig, WorkflowEdge, WorkflowGraph, WorkflowKind, WorkflowNode } from '@/api/types-workflow';
import { isTrigger, kinds } from './kinds';

export const MAX_NODES = 50;
export const MAX_EDGES = 100;

/** What a new node of a kind begins with. */
function firstConfig(kind: WorkflowKind): WorkflowConfig {
  switch (kind) {
    case 'schedule':
      return { cron: '0 9 * * 1-5', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC' };
    case 'rows_changed':
      return { on: ['added'] };
    case 'enrichment':
      return { only_empty: true };
    case 'wait':
      return { seconds: 3600 };
    case 'approval':
      return { seconds: 86_400 };
    case 'http':
      return { method: 'POST' };
    default:
      return {};
  }
}

export function labelOf(node: WorkflowNode): string {
  return node.name || kinds[node.kind].label;
}

/** An id that the graph does not have yet. */
function freshId(graph: WorkflowGraph, kind: WorkflowKind): string {
  for (let n = 1; ; n++) {
    const id = `${kind}-${n}`;
    if (!graph.nodes.some((node) => node.id === id)) return id;
  }
}

/** Why a node of the kind can't be added; '' if it can. */
export function refusesNode(graph: WorkflowGraph, kind: WorkflowKind): string {
  if (graph.nodes.length >= MAX_NODES) return `A workflow has at most ${MAX_NODES} nodes.`;
  if (isTrigger(kind) && graph.nodes.some((n) => isTrigger(n.kind))) {
    return 'A workflow has one trigger. Remove it to use another one.';
  }
  return '';
}

/** Adds a node, after another one and connected with it if that fits. */
export function addNode(
  graph: WorkflowGraph,
  kind: WorkflowKind,
  at: { x: number; y: number } | null,
  after: string | null,
): { graph: WorkflowGraph; id: string } {
  const id = freshId(graph, kind);
  const from = graph.nodes.find((n) => n.id === after);
  const place = at ?? placeAfter(graph, from);
  const node: WorkflowNode = { id, kind, ...place, on_error: 'stop', config: firstConfig(kind) };
  let next: WorkflowGraph = { ...graph, nodes: [...graph.nodes, node] };
  if (from) {
    const used = new Set(graph.edges.filter((e) => e.from === from.id).map((e) => e.port));
    const port = kinds[from.kind].ports.find((p) => !used.has(p)) ?? kinds[from.kind].ports[0] ?? 'out';
    const edge = { from: from.id, port, to: id };
    if (refusesEdge(next, edge) === '') next = { ...next, edges: [...next.edges, edge] };
  }
  return { graph: next, id };
}

function placeAfter(graph: WorkflowGraph, from: WorkflowNode | undefined): { x: number; y: number } {
  const last = from ?? graph.nodes.reduce<WorkflowNode | undefined>((a, n) => (a && a.x >= n.x ? a : n), undefined);
  if (!last) return { x: 0, y: 0 };
  const apart = kinds[last.kind].ports.length > 1 ? 290 : 260; // the outputs' names stand between
  let y = last.y;
  while (graph.nodes.some((n) => Math.abs(n.x - last.x - apart) < 200 && Math.abs(n.y - y) < 80)) y += 110;
  return { x: last.x + apart, y };
}

export function removeNodes(graph: WorkflowGraph, ids: readonly string[]): WorkflowGraph {
  return {
    nodes: graph.nodes.filter((n) => !ids.includes(n.id)),
    edges: graph.edges.filter((e) => !ids.includes(e.from) && !ids.includes(e.to)),
  };
}

export function changeNode(graph: WorkflowGraph, id: string, change: Partial<WorkflowNode>): WorkflowGraph {
  return { ...graph, nodes: graph.nodes.map((n) => (n.id === id ? { ...n, ...change } : n)) };
}

export function moveNodes(graph: WorkflowGraph, places: ReadonlyMap<string, { x: number; y: number }>): WorkflowGraph {
  return { ...graph, nodes: graph.nodes.map((n) => ({ ...n, ...places.get(n.id) })) };
}

const same = (a: WorkflowEdge, b: WorkflowEdge): boolean => a.from === b.from && a.to === b.to && a.port === b.port;

export function removeEdge(graph: WorkflowGraph, edge: WorkflowEdge): WorkflowGraph {
  return { ...graph, edges: graph.edges.filter((e) => !same(e, edge)) };
}

/** Why two nodes can't be connected; '' if they can. */
export function refusesEdge(graph: WorkflowGraph, edge: WorkflowEdge): string {
  const from = graph.nodes.find((n) => n.id === edge.from);
  const to = graph.nodes.find((n) => n.id === edge.to);
  if (!from || !to) return 'One of the nodes is not there any more.';
  if (graph.edges.some((e) => same(e, edge))) return 'They are connected already.';
  if (graph.edges.length >= MAX_EDGES) return `A workflow has at most ${MAX_EDGES} connections.`;
  const takes = kinds[to.kind].takes;
  if (takes === null) return `${labelOf(to)} is a trigger: nothing leads into it.`;
  if (takes !== kinds[from.kind].gives) {
    return takes === 'start'
      ? `${labelOf(to)} takes rows out of a table; connect it with a trigger.`
      : `${labelOf(to)} needs rows; put “Rows of a table” between.`;
  }
  if (from.id === to.id || reaches(graph, to.id, from.id)) return 'This would lead back to where it came from.';
  return '';
}

function reaches(graph: WorkflowGraph, from: string, to: string): boolean {
  const seen = new Set([from]);
  const queue = [from];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === to) return true;
    for (const e of graph.edges) {
      if (e.from === at && !seen.has(e.to)) {
        seen.add(e.to);
        queue.push(e.to);
      }
    }
  }
  return false;
}

/** The table whose rows come to a node; '' if that is not clear. */
export function tableOf(graph: WorkflowGraph, id: string, seen: ReadonlySet<string> = new Set()): string {
  const node = graph.nodes.find((n) => n.id === id);
  if (!node || seen.has(id)) return '';
  if (node.kind === 'table_rows' || node.kind === 'rows_changed' || node.kind === 'webhook')
    return node.config.table_id ?? '';
  const found = new Set(
    graph.edges.filter((e) => e.to === id).map((e) => tableOf(graph, e.from, new Set([...seen, id]))),
  );
  const [first] = found;
  return found.size === 1 ? (first ?? '') : '';
}

/** The nodes in the order in which rows come to them. */
export function inOrder(graph: WorkflowGraph): WorkflowNode[] {
  const left = [...graph.nodes];
  const placed: WorkflowNode[] = [];
  while (left.length > 0) {
    const free = left.findIndex(
      (n) => !graph.edges.some((e) => e.to === n.id && left.some((other) => other.id === e.from)),
    );
    placed.push(...left.splice(Math.max(free, 0), 1));
  }
  return placed;
}

/** A graph with what was before and what was taken back. */
export interface History {
  past: WorkflowGraph[];
  now: WorkflowGraph;
  future: WorkflowGraph[];
}

const KEPT = 100;

export const begin = (now: WorkflowGraph): History => ({ past: [], now, future: [] });
export function change(h: History, next: WorkflowGraph): History {
  if (next === h.now) return h;
  return { past: [...h.past, h.now].slice(-KEPT), now: next, future: [] };
}
export function undo(h: History): History {
  const before = h.past.at(-1);
  return before ? { past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future] } : h;
}
export function redo(h: History): History {
  const [next, ...future] = h.future;
  return next ? { past: [...h.past, h.now], now: next, future } : h;
}
