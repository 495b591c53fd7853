import type { components } from './schema';
import type { CellValue, Filter } from './types';

type Schemas = components['schemas'];

export type WorkflowKind = Schemas['WorkflowNode']['kind'];

/** What a node does. Each kind has its own fields of it. */
export interface WorkflowConfig {
  table_id?: string;
  view_id?: string;
  filter?: Filter;
  on?: ('added' | 'changed')[];
  columns?: string[];
  cron?: string;
  time_zone?: string;
  column_id?: string;
  only_empty?: boolean;
  max_credits_mc?: number;
  set?: Record<string, CellValue>;
  seconds?: number;
  webhook_id?: string;
  /** Where in a delivery the value of a column stands. */
  fields?: Record<string, string>;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url?: string;
  headers?: Record<string, string>;
  body?: string;
  credential_id?: string;
  auth?: '' | 'bearer' | 'basic' | 'header';
  auth_name?: string;
  per_minute?: number;
}
export interface WorkflowNode {
  id: string;
  kind: WorkflowKind;
  name?: string;
  x: number;
  y: number;
  on_error?: 'stop' | 'continue';
  config: WorkflowConfig;
}
export interface WorkflowEdge {
  from: string;
  port: string;
  to: string;
}
export interface WorkflowGraph {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
}
export type WorkflowProblem = Schemas['WorkflowProblem'];
export type Workflow = Omit<Schemas['Workflow'], 'table_ids'> & { table_ids: string[] };
export type WorkflowVersion = Schemas['WorkflowVersionInfo'];
export type WorkflowDetail = Omit<Schemas['WorkflowDetail'], 'graph' | 'problems'> & {
  graph: WorkflowGraph;
  problems: WorkflowProblem[];
};
export type WorkflowTemplate = Omit<Schemas['WorkflowTemplate'], 'graph'> & { graph: WorkflowGraph };
export type WorkflowSaved = Omit<Schemas['WorkflowSaved'], 'problems'> & { problems: WorkflowProblem[] };
export type WorkflowRun = Schemas['WorkflowRun'];
export type WorkflowProgress = Schemas['WorkflowProgress'];
export type WorkflowRunDetail = Omit<Schemas['WorkflowRunDetail'], 'nodes'> & { nodes: WorkflowProgress[] };
export type WorkflowHook = Omit<Schemas['WorkflowHook'], 'sample'> & { sample: Schemas['WorkflowSampleField'][] };
/** An approval of a run, with rows that wait for it. */
export type WorkflowApproval = Omit<Schemas['WorkflowWaiting'], 'columns' | 'rows'> & {
  columns: Schemas['WorkflowMessageColumn'][];
  rows: { id: string; cells: Record<string, CellValue> }[];
};
export type WorkflowPending = Schemas['WorkflowApproval'];
export type WorkflowDryRun = Omit<Schemas['WorkflowDryRun'], 'nodes'> & { nodes: Schemas['WorkflowDryNode'][] };
export type WorkflowWhatIf = Omit<Schemas['WorkflowWhatIf'], 'nodes'> & { nodes: Schemas['WorkflowWhatIfNode'][] };
