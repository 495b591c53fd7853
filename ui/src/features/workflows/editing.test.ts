import { describe, expect, it } from 'vitest';
import type { WorkflowGraph } from '@/api/types-workflow';
import { addNode, begin, change, inOrder, redo, refusesEdge, refusesNode, removeNodes, tableOf, undo } from './editing';
import { arranged } from './layout';

const empty: WorkflowGraph = { nodes: [], edges: [] };

/** Manual start → rows of a table → branch. */
function small(): WorkflowGraph {
  let { graph, id } = addNode(empty, 'manual', null, null);
  ({ graph, id } = addNode(graph, 'table_rows', null, id));
  ({ graph } = addNode(graph, 'branch', null, id));
  return graph;
}

describe('a workflow on the canvas', () => {
  it('connects a new node with the one before it where that fits', () => {
    const graph = small();
    expect(graph.edges).toEqual([
      { from: 'manual-1', port: 'out', to: 'table_rows-1' },
      { from: 'table_rows-1', port: 'out', to: 'branch-1' },
    ]);
    const once = addNode(graph, 'wait', null, 'branch-1');
    const twice = addNode(once.graph, 'wait', null, 'branch-1');
    expect(twice.graph.edges.slice(2).map((e) => e.port)).toEqual(['yes', 'no']);
    expect(new Set(twice.graph.nodes.map((n) => `${n.x}/${n.y}`)).size).toBe(5);
    expect(addNode(graph, 'wait', null, 'manual-1').graph.edges).toHaveLength(2);
  });

  it('says why nodes can not be connected', () => {
    const graph = addNode(small(), 'wait', null, 'branch-1').graph;
    const edge = (from: string, to: string) => refusesEdge(graph, { from, port: 'out', to });
    expect(edge('manual-1', 'wait-1')).toContain('needs rows');
    expect(edge('branch-1', 'table_rows-1')).toContain('takes rows out of a table');
    expect(edge('wait-1', 'manual-1')).toContain('is a trigger');
    expect(edge('wait-1', 'branch-1')).toContain('lead back');
    expect(edge('table_rows-1', 'branch-1')).toContain('already');
    expect(edge('table_rows-1', 'wait-1')).toBe('');
  });

  it('has one trigger', () => {
    expect(refusesNode(small(), 'schedule')).toContain('one trigger');
    expect(refusesNode(empty, 'schedule')).toBe('');
  });

  it('takes connections away with their nodes', () => {
    expect(removeNodes(small(), ['table_rows-1'])).toMatchObject({ edges: [] });
  });

  it('knows whose rows come to a node', () => {
    const graph = small();
    expect(tableOf(graph, 'branch-1')).toBe('');
    const nodes = graph.nodes.map((n) => (n.kind === 'table_rows' ? { ...n, config: { table_id: 'tbl_1' } } : n));
    expect(tableOf({ ...graph, nodes }, 'branch-1')).toBe('tbl_1');
  });

  it('takes changes back and does them again', () => {
    let h = change(begin(empty), small());
    h = undo(h);
    expect(h.now).toBe(empty);
    h = redo(h);
    expect(h.now.nodes).toHaveLength(3);
    expect(redo(h)).toBe(h);
    expect(change(undo(h), small()).future).toEqual([]);
  });

  it('lays nodes out in the order of their rows', () => {
    const graph = arranged(small());
    const xs = inOrder({ ...graph, nodes: [...graph.nodes].reverse() }).map((n) => n.x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });
});
