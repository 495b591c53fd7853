import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { WorkflowDetail, WorkflowGraph, WorkflowProblem } from '@/api/types-workflow';
import { useDebounced } from '@/lib/use-debounced';
import { checkGraph, saveWorkflow } from './api/workflows';
import { begin, change, redo, undo, type History } from './editing';

const CHECK_AFTER_MS = 500;

export interface Editor {
  graph: WorkflowGraph;
  name: string;
  unsaved: boolean;
  problems: WorkflowProblem[];
  canUndo: boolean;
  canRedo: boolean;
  saving: boolean;
  error: Error | null;
  set: (next: WorkflowGraph) => void;
  rename: (name: string) => void;
  undo: () => void;
  redo: () => void;
  /** Saves what is there, if it is not saved yet, and answers the version. */
  save: () => Promise<number>;
  /** Forgets what is not saved. */
  restart: (from: WorkflowDetail) => void;
}

/** A workflow while it is edited: what was before, what is not saved, and what is wrong with it. */
export function useEditor(ws: string, saved: WorkflowDetail, canEdit: boolean): Editor {
  const client = useQueryClient();
  const [history, setHistory] = useState<History>(() => begin(saved.graph));
  const [kept, setKept] = useState({ graph: saved.graph, name: saved.version.name, version: saved.latest_version });
  const [name, setName] = useState(saved.version.name);
  const graph = history.now;
  const unsaved = graph !== kept.graph || name !== kept.name;
  const asked = useDebounced(graph, CHECK_AFTER_MS);
  const checked = useQuery({
    queryKey: ['workflow-check', ws, asked],
    queryFn: () => checkGraph(ws, asked),
    enabled: canEdit && asked !== saved.graph,
    placeholderData: (before) => before,
    gcTime: 0,
  });
  const saving = useMutation({
    mutationFn: () => saveWorkflow(ws, saved.id, { name, graph, after: kept.version }),
    onSuccess: async (made) => {
      setKept({ graph, name, version: made.version });
      await client.invalidateQueries({ queryKey: ['workflow', ws, saved.id] });
      await client.invalidateQueries({ queryKey: ['workflow-versions', ws, saved.id] });
      await client.invalidateQueries({ queryKey: ['workflows', ws] });
    },
  });
  useEffect(() => {
    if (!unsaved) return;
    const warn = (e: BeforeUnloadEvent): void => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [unsaved]);
  const problems = useMemo(
    () => (asked === saved.graph ? saved.problems : (checked.data ?? saved.problems)),
    [asked, saved.graph, saved.problems, checked.data],
  );
  return {
    graph,
    name,
    unsaved,
    problems,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    saving: saving.isPending,
    error: saving.error,
    set: (next) => setHistory((h) => change(h, next)),
    rename: setName,
    undo: () => setHistory(undo),
    redo: () => setHistory(redo),
    save: async () => (unsaved ? (await saving.mutateAsync()).version : kept.version),
    restart: (from) => {
      setHistory(begin(from.graph));
      setName(from.version.name);
      setKept({ graph: from.graph, name: from.version.name, version: from.latest_version });
    },
  };
}
