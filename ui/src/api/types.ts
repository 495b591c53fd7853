/**
 * The shapes of the HTTP API. Everything in the interface imports them from here, so generated ones (`npm run types`)
 * can stand behind these names.
 */
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
  id?: string;
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
  row_height?: RowHeight | string | null;
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
  id: string;
  name?: string;
}
export interface HistoryEntry {
  position: number;
  at: string;
  column_id: string;
  value: CellValue;
  previous: CellValue;
  actor: ActorRef;
  source: string;
  run_id?: string;
  import_id?: string;
  provider?: string;
  credits_mc?: number;
  confidence?: number;
  source_url?: string;
  latency_ms?: number;
  attempts?: Attempt[] | number | null;
  request_id?: string;
}
export interface UndoStep {
  id: string;
  position: number;
  label: string;
  at: string;
  actor: ActorRef;
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

export type ImportState =
  | 'uploaded'
  | 'previewed'
  | 'importing'
  | 'completed'
  | 'partially_completed'
  | 'failed'
  | 'cancelled'
  | 'undone'
  | 'undoing';
export interface ImportColumn {
  index: number;
  name: string;
  suggested_type: ColumnType;
  suggested_column?: string | null;
  samples?: string[] | null;
}
export interface Import {
  id: string;
  state: ImportState;
  filename: string;
  size: number;
  table_id?: string | null;
  detected: { format: string; encoding: string; delimiter: string; header: boolean };
  columns?: ImportColumn[] | null;
  preview?: string[][] | null;
  counts: { lines: number; rows: number; imported: number; updated: number; skipped: number; failed: number };
  progress: number;
  waiting_for?: string | null;
  error?: string | null;
  created_at: string;
  finished_at?: string | null;
}
export interface ImportMapping {
  index: number;
  column_id?: string;
  new_column?: { name: string; type: ColumnType };
  skip?: boolean;
}

export interface Cap {
  scope: 'workspace' | 'run' | 'table' | 'member' | 'provider';
  period?: 'day' | 'week' | 'month';
  limit_mc: number;
  subject?: string;
  used_mc?: number;
}
export interface CreditAccount {
  balance_mc: number;
  reserved_mc: number;
  available_mc: number;
  burn_rate_mc_per_day: number;
  days_left?: number | null;
  caps?: Cap[] | null;
  low: boolean;
}
export interface CreditTransaction {
  seq: number;
  position: number;
  kind: string;
  amount_mc: number;
  balance_after_mc: number;
  reserved_after_mc?: number;
  at: string;
  actor?: ActorRef;
  run_id?: string;
  lines?: number;
  note?: string;
  hash: string;
}
export interface CreditProof {
  ok: boolean;
  entries: number;
  head_hash: string;
  head_seq: number;
  first_bad?: number | null;
  checked_at: string;
  sum_mc: number;
}

export interface Credential {
  id: string;
  provider: string;
  name: string;
  masked: string;
  version: number;
  created_at: string;
  last_used_at?: string | null;
}

export interface ProviderField {
  name: string;
  label: string;
  required?: boolean;
  type: string;
}
export interface Provider {
  slug: string;
  name: string;
  description: string;
  category: string;
  inputs: ProviderField[];
  outputs: ProviderField[];
  price_mc: number;
  auth: 'none' | 'key' | string;
  config_schema?: unknown;
  idempotent: boolean;
  terms?: string;
  health?: { state: string; success_rate?: number; p50_ms?: number } | null;
}
export type InputMapping = { column: string } | { value: string } | { template: string };
export interface Validator {
  type?: string;
  pattern?: string;
  min_confidence?: number;
  not_empty?: boolean;
}
export interface EnrichmentStep {
  provider: string;
  inputs: Record<string, InputMapping>;
  config?: Record<string, CellValue>;
  credential_id?: string;
  output: string;
  condition?: string;
  validator?: Validator;
}
export interface EnrichmentConfig {
  steps: EnrichmentStep[];
  outputs?: { output: string; column_id: string }[];
  condition?: string;
  cache_days?: number;
  auto_run?: boolean;
}
export interface Attempt {
  provider: string;
  status: string;
  latency_ms?: number;
  credits_mc?: number;
  error?: string;
  output?: CellValue;
  from_cache?: boolean;
}
export interface PreviewAnswer {
  value: CellValue;
  outputs?: Record<string, CellValue> | null;
  attempts?: Attempt[] | null;
  cost_mc: number;
}
export interface Estimate {
  records: number;
  min_mc: number;
  likely_mc: number;
  max_mc: number;
  per_provider?: { provider: string; calls: number; likely_mc: number }[] | null;
}
export type JobState = 'pending' | 'running' | 'paused' | 'completed' | 'partially_completed' | 'failed' | 'cancelled';
export interface Job {
  id: string;
  table_id?: string | null;
  columns?: string[] | null;
  state: JobState;
  waiting_for?: string | null;
  counts: {
    total: number;
    done: number;
    succeeded: number;
    not_found: number;
    failed: number;
    skipped: number;
    cached: number;
  };
  spent_mc: number;
  reserved_mc: number;
  estimate?: Estimate | null;
  started_by?: ActorRef | string | null;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  error?: string | null;
}
export type RunScope = 'all' | 'empty' | 'failed' | 'rows' | 'view' | 'filter';
export interface RunRequest {
  table_id: string;
  columns: string[];
  scope: RunScope;
  row_ids?: string[];
  view?: string;
  filter?: Filter;
  first?: number;
  force?: boolean;
  max_credits_mc?: number;
}
export interface JobRecord {
  row_id: string;
  column_id: string;
  state: string;
  input?: Record<string, CellValue> | null;
  attempts?: Attempt[] | null;
  answer?: CellValue;
  at?: string;
}
