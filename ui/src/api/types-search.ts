/** The shapes of searches. */
export type SearchSort = 'score' | 'created' | 'updated' | 'name';

export interface SearchFilters {
  tables?: string[];
  providers?: string[];
  states?: string[];
  tags?: string[];
  updated?: { from?: string; to?: string };
}
/** A search without a place in its results; what can be saved. */
export interface SearchQuestion {
  q?: string;
  filters?: SearchFilters;
  sort?: SearchSort;
  descending?: boolean;
}
/** HTML in it is escaped but for <mark>. */
export interface SearchHit {
  row_id: string;
  table_id: string;
  table_name: string;
  name: string;
  name_html: string;
  matches: { column_id: string; column: string; html: string }[];
  tags: string[];
  states: string[];
  providers: string[];
  updated_at: string;
}
export interface SavedSearch {
  id: string;
  name: string;
  query: SearchQuestion;
  shared: boolean;
  mine: boolean;
}
