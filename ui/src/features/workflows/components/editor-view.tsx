import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNodesInitialized, useReactFlow } from '@xyflow/react';
import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { tableQuery, tablesQuery } from '@/api/tables';
import type { WorkflowDetail, WorkflowKind } from '@/api/types-workflow';
import { Notice } from '@/components/states';
import { cx } from '@/lib/cx';
import { toast } from '@/lib/toasts';
import { publishWorkflow, runQuery, runWorkflow, unpublishWorkflow, workflowQuery } from '../api/workflows';
import { addNode, changeNode, moveNodes, refusesEdge, refusesNode, removeEdge, removeNodes } from '../editing';
import { arranged } from '../layout';
import { saysOf } from '../says';
import { useEditor } from '../use-editor';
import { Canvas } from './canvas';
import { ConfigPanel, type FilterEditor } from './config-panel';
import { DryRunDialog } from './dry-run-dialog';
import type { CardData } from './node-card';
import { NodeList } from './node-list';
import { Palette } from './palette';
import { RunPanel } from './run-panel';
import { Toolbar } from './toolbar';
import { VersionsDialog } from './versions-dialog';

export interface EditorProps {
  ws: string;
  workflow: WorkflowDetail;
  canEdit: boolean;
  filters: FilterEditor;
}

/** The workflow on its canvas, with the palette on the left and the settings or the runs on the right. */
export function EditorView({ ws, workflow, canEdit, filters }: EditorProps) {
  const client = useQueryClient();
  const editor = useEditor(ws, workflow, canEdit);
  const { graph } = editor;
  const looked = useSearchParams()[0].get('run');
  const [selected, setSelected] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(looked);
  const [side, setSide] = useState<'node' | 'runs'>(looked ? 'runs' : 'node');
  const [dialog, setDialog] = useState<'versions' | null>(null);
  const [dry, setDry] = useState(0);
  const [listed, setListed] = useState(false);
  const [arrangedAt, setArrangedAt] = useState(0);
  const data = useCards(ws, editor, chosen);
  const node = graph.nodes.find((n) => n.id === selected);
  const trigger = graph.nodes.find((n) => n.kind === 'manual' || n.kind === 'schedule');
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['workflow', ws, workflow.id] });
    await client.invalidateQueries({ queryKey: ['workflows', ws] });
    await client.invalidateQueries({ queryKey: ['workflow-runs', ws, workflow.id] });
  };
  const publish = useMutation({
    mutationFn: async () => publishWorkflow(ws, workflow.id, await editor.save()),
    onSuccess: async () => {
      toast.success('Published: its trigger begins runs from now on');
      await refresh();
    },
  });
  const unpublish = useMutation({ mutationFn: () => unpublishWorkflow(ws, workflow.id), onSuccess: refresh });
  const run = useMutation({
    mutationFn: async () => runWorkflow(ws, workflow.id, await editor.save()),
    onSuccess: async (id) => {
      setChosen(id);
      setSide('runs');
      await refresh();
    },
  });
  const error = publish.error ?? unpublish.error ?? run.error ?? editor.error;

  const add = (kind: WorkflowKind, at: { x: number; y: number } | null): void => {
    const refused = refusesNode(graph, kind);
    if (refused) return toast.error(refused);
    const next = addNode(graph, kind, at, selected);
    editor.set(next.graph);
    select(next.id);
  };
  const remove = (ids: string[]): void => {
    editor.set(removeNodes(graph, ids));
    setSelected(null);
  };
  const select = (id: string | null): void => {
    setSelected(id);
    if (id && side !== 'runs') setSide('node');
  };
  const keys = (e: KeyboardEvent): void => {
    const typing = e.target instanceof HTMLElement && e.target.closest('input, textarea, select, dialog');
    if (!(e.ctrlKey || e.metaKey) || !canEdit) return;
    if (e.key === 's') {
      e.preventDefault();
      void editor.save();
    } else if (!typing && e.key.toLowerCase() === 'z') {
      e.preventDefault();
      if (e.shiftKey) editor.redo();
      else editor.undo();
    }
  };
  const panel = side === 'runs' || (node !== undefined && canEdit);
  useWholeView(graph.nodes.length, arrangedAt, panel);
  return (
    <div className="flex h-full min-h-0 flex-col" onKeyDown={keys}>
      <Toolbar
        workflow={workflow}
        editor={editor}
        canEdit={canEdit}
        listed={listed}
        runsByHand={trigger !== undefined}
        busy={publish.isPending || unpublish.isPending || run.isPending || editor.saving}
        onList={() => setListed(!listed)}
        onArrange={() => {
          editor.set(arranged(graph));
          setArrangedAt(arrangedAt + 1);
        }}
        onVersions={() => setDialog('versions')}
        onRuns={() => setSide(side === 'runs' ? 'node' : 'runs')}
        onDryRun={() => void editor.save().then(setDry, () => undefined)}
        onSave={() => void editor.save().catch(() => undefined)}
        onPublish={() => publish.mutate()}
        onUnpublish={() => unpublish.mutate()}
        onRun={() => run.mutate()}
      />
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      <div className="relative flex min-h-0 flex-1">
        {canEdit && (
          <div className="hidden w-56 shrink-0 border-r border-line bg-surface lg:block">
            <Palette graph={graph} onAdd={(kind) => add(kind, null)} />
          </div>
        )}
        <div className={cx('min-w-0 flex-1', listed ? 'hidden' : 'hidden sm:block')}>
          <Canvas
            graph={graph}
            data={data}
            selected={selected}
            locked={!canEdit}
            onSelect={select}
            onMove={(places) => editor.set(moveNodes(graph, places))}
            onRemove={(nodes, edges) => editor.set(edges.reduce(removeEdge, removeNodes(graph, nodes)))}
            onConnect={(edge) => {
              const refused = refusesEdge(graph, edge);
              if (refused) toast.error(refused);
              else editor.set({ ...graph, edges: [...graph.edges, edge] });
            }}
            fits={(edge) => refusesEdge(graph, edge) === ''}
            onDrop={add}
          />
        </div>
        <div className={cx('min-w-0 flex-1 overflow-y-auto', listed ? '' : 'sm:hidden')}>
          <NodeList
            graph={graph}
            data={data}
            selected={selected}
            {...(canEdit && listed ? { onSelect: select, onRemove: (id: string) => remove([id]) } : {})}
          />
        </div>
        {panel && (
          <div
            className={cx(
              'absolute inset-y-0 right-0 z-10 w-full max-w-[340px] border-l border-line bg-surface shadow-md lg:static lg:shadow-none',
              side === 'node' && 'max-sm:hidden',
            )}
          >
            {side === 'runs' ? (
              <RunPanel
                ws={ws}
                workflow={workflow}
                graph={graph}
                chosen={chosen}
                selected={selected}
                canRun={canEdit}
                unsaved={editor.unsaved}
                onChoose={setChosen}
                onClose={() => setSide('node')}
              />
            ) : (
              node && (
                <ConfigPanel
                  key={node.id}
                  ws={ws}
                  workflow={workflow.id}
                  graph={graph}
                  node={node}
                  problems={editor.problems.filter((p) => p.node_id === node.id)}
                  filters={filters}
                  onChange={(c) => editor.set(changeNode(graph, node.id, c))}
                  onRemove={() => remove([node.id])}
                  onClose={() => setSelected(null)}
                />
              )
            )}
          </div>
        )}
      </div>
      {dialog === 'versions' && (
        <VersionsDialog
          ws={ws}
          id={workflow.id}
          canEdit={canEdit}
          unsaved={editor.unsaved}
          onBack={() => void client.query(workflowQuery(ws, workflow.id)).then(editor.restart)}
          onClose={() => setDialog(null)}
        />
      )}
      {dry > 0 && <DryRunDialog ws={ws} id={workflow.id} version={dry} graph={graph} onClose={() => setDry(0)} />}
    </div>
  );
}

/** By then the canvas knows the size that the panel beside it leaves. */
const RESIZED_MS = 80;

/** Brings the whole graph into view when a node comes or goes, when it was arranged, and when the panel beside it takes its room. */
function useWholeView(nodes: number, arrangedAt: number, panel: boolean): void {
  const { fitView } = useReactFlow();
  const measured = useNodesInitialized();
  useEffect(() => {
    if (!measured) return;
    const timer = setTimeout(() => void fitView({ padding: 0.1, maxZoom: 1, duration: 150 }), RESIZED_MS);
    return () => clearTimeout(timer);
  }, [fitView, measured, nodes, arrangedAt, panel]);
}

/** What each node shows: its settings, its first problem, and its counts in the chosen run. */
function useCards(ws: string, editor: ReturnType<typeof useEditor>, run: string | null): ReadonlyMap<string, CardData> {
  const { graph, problems } = editor;
  const tables = useQuery(tablesQuery(ws));
  const ids = [...new Set(graph.nodes.flatMap((n) => (n.config.table_id ? [n.config.table_id] : [])))];
  const columns = useQueries({
    queries: ids.map((id) => tableQuery(ws, id)),
    combine: (all) => all.flatMap((t) => t.data?.columns ?? []),
  });
  const chosen = useQuery({ ...runQuery(ws, run ?? ''), enabled: run !== null });
  const progress = run === null ? undefined : chosen.data?.nodes;
  return useMemo(
    () =>
      new Map(
        graph.nodes.map((node): [string, CardData] => [
          node.id,
          {
            node,
            says: saysOf(node, tables.data ?? [], columns),
            problem: short(problems.find((p) => p.node_id === node.id)?.message),
            progress: progress?.find((p) => p.node_id === node.id),
          },
        ]),
      ),
    [graph.nodes, problems, tables.data, columns, progress],
  );
}

/** A message without the node's name before it, which stands above. */
function short(message: string | undefined): string {
  const text = message?.replace(/^[^:]{1,100}: /, '') ?? '';
  return text.charAt(0).toUpperCase() + text.slice(1);
}
