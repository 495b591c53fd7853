import type { Column } from '@/api/types';

/** Whether a node can write into the column. */
export const writable = (c: Column): boolean =>
  (c.kind === 'data' || c.kind === 'enrichment') &&
  !['created_at', 'updated_at', 'created_by', 'updated_by', 'row_id'].includes(c.type);
