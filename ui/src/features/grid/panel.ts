import type { UndoAnswer } from '@/api/types';
import type { PastePlan } from '@/grid/paste-plan';
import type { Anchor } from '@/grid/events';

/** What is open beside the grid. */
export type Panel =
  | { kind: 'row'; rowId: string }
  | { kind: 'history'; rowId: string; columnId: string | null }
  | { kind: 'comments'; rowId: string; columnId: string | null }
  | { kind: 'enrichment'; columnId: string | null }
  | { kind: 'undo' }
  | null;

/** What is open above it. */
export type Overlay =
  | { kind: 'column-menu'; columnId: string; anchor: Anchor }
  | { kind: 'cell-menu'; rowId: string; columnId: string; anchor: Anchor }
  | { kind: 'summary'; columnId: string; anchor: Anchor }
  | { kind: 'row-menu'; rowId: string; anchor: Anchor }
  | { kind: 'expand'; rowId: string; columnId: string; anchor: Anchor }
  | { kind: 'add-column'; anchor: Anchor; after?: string }
  | { kind: 'edit-column' | 'change-type' | 'delete-column' | 'duplicate-column'; columnId: string }
  | { kind: 'delete-columns' | 'change-types'; columnIds: string[] }
  | { kind: 'new-formula'; after?: string }
  | { kind: 'formula'; columnId: string }
  | { kind: 'new-lookup'; after?: string }
  | { kind: 'lookup'; columnId: string }
  | { kind: 'run'; columnIds: string[]; rowIds?: string[] }
  | { kind: 'paste'; plan: PastePlan; cells: number; answer: (yes: boolean) => void }
  | { kind: 'paste-table'; text: string }
  | { kind: 'delete-rows'; all: boolean; ids: string[] }
  | { kind: 'conflicts'; name: 'undo' | 'redo'; answer: UndoAnswer; force: () => void }
  | { kind: 'held' }
  | { kind: 'keys' }
  | null;
