/**
 * The shapes of the HTTP API. Everything in the interface imports them from here, so generated ones (`npm run types`)
 * can stand behind these names.
 */
import type { Attempt, EnrichmentConfig } from './types-work';

export * from './types-work';

export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'billing_admin';

export interface User {
  id: string;
  name: string;
  email: string;
  operator: boolean;
  created_at: string;
}
export interface Membership {
  id: string;
  name: string;
  slug: string;
  role: Role;
}
export interface SignedIn {
  user: User;
  access_token: string;
  expires_at: string;
}
export interface Me {
  user: User;
  workspaces: Membership[];
}
export interface Session {
  id: string;
  created_at: string;
  last_used_at: string;
  client: string;
  current: boolean;
}
export interface Workspace extends Membership {
  created_at: string;
  deleted_at?: string | null;
}
export interface Member {
  user_id: string;
  name: string;
  email: string;
  role: Role;
  joined_at: string;
}
export interface Invitation {
  id: string;
  email: string;
  role: Role;
  expires_at: string;
  state: string;
}
export interface InvitationInfo {
  workspace_name: string;
  role: Role;
  email: string;
  state: string;
}
export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  tables?: string[] | null;
  last4: string;
  created_at: string;
  last_used_at?: string | null;
  expires_at?: string | null;
  key?: string;
}
export interface PermissionRule {
  action: string;
  meaning: string;
  roles: Role[];
}

export type ColumnType =
  | 'text'
  | 'long_text'
  | 'number'
  | 'currency'
  | 'percent'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'email'
  | 'url'
  | 'phone'
  | 'select'
  | 'multi_select'
  | 'user'
  | 'json'
  | 'created_at'
  | 'updated_at'
  | 'created_by'
  | 'updated_by'
  | 'row_id';

/** A cell's value as the API gives it; numbers of more than 15 digits come as strings and stay strings. */
export type CellValue = string | number | boolean | null | CellValue[] | { [key: string]: CellValue };

export interface SelectOption {
  /** Empty for an option that the server is to make. */
  id: string;
  name: string;
  color?: string;
}
export interface ColumnFormat {
  decimals?: number;
  currency?: string;
}
export interface Column {
  id: string;
  name: string;
  type: ColumnType;
  kind: 'data' | 'enrichment';
  options?: SelectOption[] | null;
  format?: ColumnFormat | null;
  description?: string;
  enrichment?: EnrichmentConfig | null;
  created_at?: string;
}
export interface SortKey {
  column: string;
  dir: 'asc' | 'desc';
}
export type FilterOp =
  | 'is'
  | 'is_not'
  | 'contains'
  | 'not_contains'
  | 'starts_with'
  | 'ends_with'
  | 'empty'
  | 'not_empty'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'between'
  | 'in'
  | 'relative'
  | 'state';
export interface Condition {
  column: string;
  op: FilterOp;
  value?: CellValue;
}
export type Filter = { and: Filter[] } | { or: Filter[] } | Condition;
export interface ViewColumn {
  id: string;
  hidden?: boolean;
  width?: number;
  pinned?: boolean | string | null;
}
export type RowHeight = 'short' | 'medium' | 'tall';
export interface View {
  id: string;
  name: string;
  shared: boolean;
  owner?: string;
  default?: boolean;
  filter?: Filter | null;
  sort?: SortKey[] | null;
  columns?: ViewColumn[] | null;
  /** short, medium or tall. */
  row_height?: string | null;
  group_by?: string;
}
export interface TableSummary {
  id: string;
  name: string;
  row_count: number;
  column_count: number;
  created_at: string;
  updated_at: string;
  trashed_at?: string | null;
}
export interface Table {
  id: string;
  name: string;
  row_count: number;
  columns: Column[];
  views?: View[] | null;
  schema_version: number;
  last_position: number;
  created_at: string;
}
export type CellStateName =
  | 'empty'
  | 'value'
  | 'queued'
  | 'running'
  | 'retrying'
  | 'rate_limited'
  | 'awaiting_callback'
  | 'error'
  | 'skipped'
  | 'stale';
export interface CellState {
  state: CellStateName;
  message?: string;
  run_id?: string;
}
export interface Row {
  id: string;
  cells: Record<string, CellValue>;
  states?: Record<string, CellState> | null;
  version: number;
  created_at: string;
  updated_at: string;
}
export type RowOperation =
  | { op: 'insert'; cells: Record<string, CellValue> }
  | { op: 'update'; row_id: string; cells: Record<string, CellValue> }
  | { op: 'upsert'; cells: Record<string, CellValue> }
  | { op: 'delete'; row_id: string };
export interface BatchAnswer {
  results: { index: number; op: string; row_id: string; status: string; error?: unknown }[];
  inserted: number;
  updated: number;
  deleted: number;
  failed: number;
}
export interface CellEdit {
  row_id: string;
  column_id: string;
  value: CellValue;
  if_version?: number;
}
export interface ActorRef {
  kind: string;
  id?: string;
  name?: string;
}
export interface HistoryEntry {
  position: number;
  at: string;
  /** Absent where the row as a whole was deleted or restored. */
  column_id?: string;
  value: CellValue;
  previous: CellValue;
  state?: string;
  message?: string;
  cached?: boolean;
  actor: ActorRef;
  source: string;
  run_id?: string;
  import_id?: string;
  provider?: string;
  credits_mc?: number;
  confidence?: number;
  source_url?: string;
  latency_ms?: number;
  attempts?: Attempt[] | null;
  request_id?: string;
}
export interface UndoStep {
  id: string;
  position: number;
  label: string;
  at: string;
  /** The kind and id of who did it: user:usr_…. */
  actor: string;
  cells: number;
  rows: number;
  kind: string;
  money_mc?: number;
}
export interface UndoStack {
  undo: UndoStep[];
  redo: UndoStep[];
}
export interface UndoConflict {
  row_id: string;
  column_id: string;
  current: CellValue;
  would_be: CellValue;
}
export interface UndoAnswer {
  undone_step: string;
  cells: number;
  rows: number;
  conflicts?: UndoConflict[] | null;
  not_undoable?: string[] | null;
}
export interface ChangeTypeAnswer {
  converted: number;
  unconvertible: number;
  samples?: { row_id: string; value: CellValue }[] | null;
}
