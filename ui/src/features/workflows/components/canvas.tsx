import {
  Background,
  Controls,
  ReactFlow,
  useReactFlow,
  type Connection,
  type Edge,
  type NodeChange,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import './canvas.css';
import { useMemo, useState, type DragEvent } from 'react';
import type { WorkflowEdge, WorkflowGraph, WorkflowKind } from '@/api/types-workflow';
import { kindList } from '../kinds';
import { NodeCard, type CardData, type CardNode } from './node-card';

const nodeTypes = { card: NodeCard };
const fit = { padding: 0.2, maxZoom: 1 };

/** The type of what is dragged from the palette. */
export const DRAGGED = 'application/x-morket-node';

export interface CanvasProps {
  graph: WorkflowGraph;
  data: ReadonlyMap<string, CardData>;
  selected: string | null;
  locked: boolean;
  onSelect: (id: string | null) => void;
  onMove: (places: ReadonlyMap<string, { x: number; y: number }>) => void;
  onRemove: (nodes: string[], edges: WorkflowEdge[]) => void;
  onConnect: (edge: WorkflowEdge) => void;
  fits: (edge: WorkflowEdge) => boolean;
  onDrop: (kind: WorkflowKind, at: { x: number; y: number }) => void;
}

const edgeId = (e: WorkflowEdge): string => `${e.from}/${e.port}/${e.to}`;
const edgeOf = (c: Connection | Edge): WorkflowEdge => ({
  from: c.source,
  port: c.sourceHandle ?? 'out',
  to: c.target,
});

/** The graph as nodes that are dragged and connected. What it shows is the graph; it keeps only what is in the hand. */
export function Canvas(props: CanvasProps) {
  const { graph, data, selected, locked } = props;
  const { screenToFlowPosition } = useReactFlow();
  const [held, setHeld] = useState<ReadonlyMap<string, { x: number; y: number }>>(new Map());
  const [sizes, setSizes] = useState<ReadonlyMap<string, { width: number; height: number }>>(new Map());
  const [edge, setEdge] = useState<string | null>(null);
  const nodes = useMemo(
    () =>
      graph.nodes.flatMap((n): CardNode[] => {
        const card = data.get(n.id);
        if (!card) return [];
        const at = held.get(n.id) ?? { x: n.x, y: n.y };
        return [
          {
            id: n.id,
            type: 'card',
            position: at,
            data: card,
            measured: sizes.get(n.id) ?? {},
            selected: n.id === selected,
            ariaLabel: card.node.name || n.kind,
          },
        ];
      }),
    [graph.nodes, data, held, sizes, selected],
  );
  const edges = useMemo(
    () =>
      graph.edges.map((e): Edge => {
        const id = edgeId(e);
        return {
          id,
          source: e.from,
          sourceHandle: e.port,
          target: e.to,
          selected: id === edge,
          animated: data.get(e.from)?.progress?.state === 'asking',
        };
      }),
    [graph.edges, data, edge],
  );
  const changed = (changes: NodeChange<CardNode>[]): void => {
    const moved = new Map(held);
    const measured = new Map(sizes);
    let dropped = false;
    for (const c of changes) {
      if (c.type === 'position' && c.position) {
        moved.set(c.id, { x: Math.round(c.position.x), y: Math.round(c.position.y) });
        if (!c.dragging) dropped = true;
      }
      if (c.type === 'dimensions' && c.dimensions) measured.set(c.id, c.dimensions);
      if (c.type === 'select' && c.selected) props.onSelect(c.id);
    }
    if (changes.some((c) => c.type === 'dimensions')) setSizes(measured);
    if (dropped) {
      props.onMove(moved);
      setHeld(new Map());
    } else if (moved.size > 0) setHeld(moved);
  };
  const drop = (e: DragEvent): void => {
    e.preventDefault();
    const kind = kindList.find((k) => k === e.dataTransfer.getData(DRAGGED));
    if (kind) props.onDrop(kind, screenToFlowPosition({ x: e.clientX, y: e.clientY }));
  };
  return (
    <ReactFlow<CardNode>
      aria-label="The workflow’s nodes and connections"
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodesChange={changed}
      onNodeClick={(_, n) => props.onSelect(n.id)}
      onPaneClick={() => {
        props.onSelect(null);
        setEdge(null);
      }}
      onEdgeClick={(_, e) => setEdge(e.id)}
      onConnect={(c) => props.onConnect(edgeOf(c))}
      isValidConnection={(c) => props.fits(edgeOf(c))}
      onDelete={({ nodes: gone, edges: cut }) =>
        props.onRemove(
          gone.map((n) => n.id),
          cut.map(edgeOf),
        )
      }
      onDragOver={(e) => e.preventDefault()}
      onDrop={drop}
      nodesDraggable={!locked}
      nodesConnectable={!locked}
      deleteKeyCode={locked ? null : ['Delete', 'Backspace']}
      fitView
      fitViewOptions={fit}
      minZoom={0.2}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={20} />
      <Controls showInteractive={false} fitViewOptions={fit} />
    </ReactFlow>
  );
}
