import { useQuery } from '@tanstack/react-query';
import { ReactFlowProvider } from '@xyflow/react';
import { useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { Notice, SkeletonRows } from '@/components/states';
import { workflowQuery } from './api/workflows';
import type { FilterEditor } from './components/config-panel';
import { EditorView } from './components/editor-view';

/** A workflow: its graph, its runs, its versions. */
export function WorkflowPage({ filters }: { filters: FilterEditor }) {
  const ws = useWorkspaceId();
  const id = useParams()['workflowId'] ?? '';
  const can = useCan(ws)('workflows.manage');
  const workflow = useQuery(workflowQuery(ws, id));
  if (workflow.isPending) return <SkeletonRows rows={8} />;
  if (workflow.isError) {
    return (
      <div className="p-6">
        <Notice tone="danger">{messageOf(workflow.error)}</Notice>
      </div>
    );
  }
  return (
    <ReactFlowProvider>
      <EditorView key={id} ws={ws} workflow={workflow.data} canEdit={can} filters={filters} />
    </ReactFlowProvider>
  );
}
