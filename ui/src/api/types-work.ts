import type { ActorRef, CellValue, ColumnType, Filter } from './types';

/** Imports, credits, credentials, enrichment and its runs. */
export type ImportState =
  'uploaded' | 'previewed' | 'importing' | 'completed' | 'partially_completed' | 'failed' | 'cancelled' | 'undone';
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
  detected: { format: string; encoding: string; delimiter?: string; header: boolean };
  columns?: ImportColumn[] | null;
  preview?: string[][] | null;
  counts: {
    lines: number;
    rows: number;
    imported: number;
    updated: number;
    /** Said nothing new: blank, unchanged, or replaced by a later one. */
    skipped: number;
    failed: number;
    problems: number;
  };
  undoing?: boolean;
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
  scope: 'workspace' | 'run';
  period?: 'day' | 'week' | 'month';
  limit_mc: number;
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
  first_bad?: { seq: number; reason: string } | null;
  checked_at: string;
  available_mc: number;
  reserved_mc: number;
  spent_mc: number;
  brought_in_mc: number;
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
  /** none, key or optional. */
  auth: string;
  config_schema?: unknown;
  idempotent: boolean;
  /** Its inputs and outputs come from the step's configuration. */
  dynamic?: boolean;
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
  message?: string;
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
  cancelling?: boolean;
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
  auto_run?: boolean;
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
  message?: string;
  cached?: boolean;
  at?: string;
}
