import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type {
  Workflow,
  WorkflowApproval,
  WorkflowDetail,
  WorkflowDryRun,
  WorkflowGraph,
  WorkflowHook,
  WorkflowPending,
  WorkflowProblem,
  WorkflowRun,
  WorkflowRunDetail,
  WorkflowSaved,
  WorkflowTemplate,
  WorkflowVersion,
  WorkflowWhatIf,
} from '@/api/types-workflow';
import { inWorkspace } from '@/api/use-workspace';

const WATCH_MS = 1_000;
/** How often it is looked whether something came: to an address, or for people to decide on. */
const LOOK_MS = 5_000;

/** Whether a run has something left to do. */
export const underWay = (run: WorkflowRun | undefined): boolean => run?.state === 'running' || run?.state === 'paused';

export const workflowsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['workflows', ws],
    queryFn: () => api.list<Workflow>(`${inWorkspace(ws)}/workflows`),
  });
export const templatesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['workflow-templates'],
    queryFn: () => api.list<WorkflowTemplate>(`${inWorkspace(ws)}/workflow-templates`),
    staleTime: Infinity,
  });
/** A version with its graph; 0 is the newest. */
export const workflowQuery = (ws: string, id: string, version = 0) =>
  queryOptions({
    queryKey: ['workflow', ws, id, version],
    queryFn: async () => (await api.get<WorkflowDetail>(`${path(ws, id)}${version ? `?version=${version}` : ''}`)).data,
  });
export const versionsQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['workflow-versions', ws, id],
    queryFn: () => api.list<WorkflowVersion>(`${path(ws, id)}/versions`),
  });
export const diffQuery = (ws: string, id: string, from: number, to: number) =>
  queryOptions({
    queryKey: ['workflow-diff', ws, id, from, to],
    queryFn: async () =>
      (await api.get<{ lines: string[] | null }>(`${path(ws, id)}/diff?from=${from}&to=${to}`)).data.lines ?? [],
    staleTime: Infinity,
  });
export const runsQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['workflow-runs', ws, id],
    queryFn: async () => (await api.get<WorkflowRun[] | null>(`${path(ws, id)}/runs`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some(underWay) ? WATCH_MS : 10 * WATCH_MS),
  });
export const runQuery = (ws: string, run: string) =>
  queryOptions({
    queryKey: ['workflow-run', ws, run],
    queryFn: async () => (await api.get<WorkflowRunDetail>(`${inWorkspace(ws)}/workflow-runs/${run}`)).data,
    refetchInterval: (q) => (underWay(q.state.data) ? WATCH_MS : false),
  });

/** The workflow's address without its secret, and what came to it last. */
export const hookQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['workflow-hook', ws, id],
    queryFn: async () => (await api.get<WorkflowHook>(`${path(ws, id)}/hook`)).data,
    refetchInterval: LOOK_MS,
  });
/** Makes a new address; the answer is its path, which is a secret. */
export async function makeHook(ws: string, id: string): Promise<string> {
  return (await api.post<{ path: string }>(`${path(ws, id)}/hook`, {})).data.path;
}

/** What waits for people in the workspace. */
export const pendingQuery = (ws: string) =>
  queryOptions({
    queryKey: ['workflow-approvals', ws],
    queryFn: () => api.list<WorkflowPending>(`${inWorkspace(ws)}/workflow-approvals`),
    refetchInterval: LOOK_MS,
  });
/** The rows of a run that wait for people. */
export const approvalsQuery = (ws: string, run: string) =>
  queryOptions({
    queryKey: ['workflow-approvals', ws, run],
    queryFn: () => api.list<WorkflowApproval>(`${inWorkspace(ws)}/workflow-runs/${run}/approvals`),
    refetchInterval: LOOK_MS,
  });
export async function decide(
  ws: string,
  run: string,
  body: { node_id: string; approve: boolean; row_ids?: string[] },
): Promise<void> {
  await api.post(`${inWorkspace(ws)}/workflow-runs/${run}/decide`, body);
}

const path = (ws: string, id: string): string => `${inWorkspace(ws)}/workflows/${id}`;

export async function createWorkflow(ws: string, name: string, graph: WorkflowGraph): Promise<WorkflowSaved> {
  return (await api.post<WorkflowSaved>(`${inWorkspace(ws)}/workflows`, { name, graph })).data;
}
export async function saveWorkflow(
  ws: string,
  id: string,
  body: { name: string; graph: WorkflowGraph; after: number },
): Promise<WorkflowSaved> {
  return (await api.post<WorkflowSaved>(`${path(ws, id)}/versions`, body)).data;
}
export async function checkGraph(ws: string, graph: WorkflowGraph): Promise<WorkflowProblem[]> {
  const body = { graph };
  return (
    (await api.post<{ problems: WorkflowProblem[] | null }>(`${inWorkspace(ws)}/workflow-check`, body)).data.problems ??
    []
  );
}
export async function publishWorkflow(ws: string, id: string, version: number): Promise<void> {
  await api.post(`${path(ws, id)}/publish`, { version });
}
export async function unpublishWorkflow(ws: string, id: string): Promise<void> {
  await api.post(`${path(ws, id)}/unpublish`, {});
}
export async function rollbackWorkflow(ws: string, id: string, version: number): Promise<WorkflowSaved> {
  return (await api.post<WorkflowSaved>(`${path(ws, id)}/rollback`, { version })).data;
}
export async function deleteWorkflow(ws: string, id: string): Promise<void> {
  await api.delete(path(ws, id));
}
export async function dryRunWorkflow(ws: string, id: string, version: number): Promise<WorkflowDryRun> {
  return (await api.post<WorkflowDryRun>(`${path(ws, id)}/dry-run`, { version })).data;
}
export async function runWorkflow(ws: string, id: string, version: number): Promise<string> {
  return (await api.post<{ id: string }>(`${path(ws, id)}/run`, { version })).data.id;
}
export type RunVerb = 'pause' | 'continue' | 'cancel';
export async function controlRun(ws: string, run: string, verb: RunVerb): Promise<void> {
  await api.post(`${inWorkspace(ws)}/workflow-runs/${run}/${verb}`, {});
}
export async function resumeRun(ws: string, run: string, body: { version: number; from?: string }): Promise<void> {
  await api.post(`${inWorkspace(ws)}/workflow-runs/${run}/resume`, body);
}
/** What another version would make of an ended run's rows, without any effect. */
export async function whatIfRun(ws: string, run: string, version: number): Promise<WorkflowWhatIf> {
  return (await api.post<WorkflowWhatIf>(`${inWorkspace(ws)}/workflow-runs/${run}/what-if`, { version })).data;
}
