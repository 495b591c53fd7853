/** The shapes of looking for duplicates and of merged rows. */
import type { components } from './schema';

type Schemas = components['schemas'];
type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export type DuplicateMatch = Schemas['DedupKey']['match'];
export type DuplicateKey = Schemas['DedupKey'];
export type DuplicateJob = Schemas['DedupJob'];
export interface DuplicateRow {
  id: string;
  present: boolean;
  cells: Record<string, Value>;
}
export interface DuplicateGroup {
  number: number;
  score: number;
  state: 'open' | 'skipped' | 'distinct' | 'merged';
  rows: DuplicateRow[];
  pairs: { a: number; b: number; score: number; reasons: Schemas['DedupReason'][] }[];
}
export type MergePlan = Schemas['DedupMergeBody'];
export interface MergePreview {
  groups: number;
  rows: number;
  samples: {
    group: number;
    survivor: string;
    hidden: string[];
    taken: { column_id: string; from: string; value: Value; old: Value }[];
  }[];
}
export interface MergedRows {
  merge_id: string;
  group: number;
  into: DuplicateRow;
  hidden: DuplicateRow[];
  at: string;
}
