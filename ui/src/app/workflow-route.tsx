import { FilterPanel } from '@/features/grid/components/filter-panel';
import { WorkflowPage } from '@/features/workflows/workflow-page';

/** A workflow, with the filters of tables: features meet here. */
export function WorkflowRoute() {
  return <WorkflowPage filters={FilterPanel} />;
}
