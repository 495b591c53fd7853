import type { Column } from '@/api/types';
import type { WorkflowConfig, WorkflowNode } from '@/api/types-workflow';

/** What the fields of a node get. */
export interface FieldsProps {
  ws: string;
  workflow: string;
  node: WorkflowNode;
  /** The columns of the rows that come to the node, or that it takes. */
  columns: Column[];
  onConfig: (change: WorkflowConfig) => void;
}
