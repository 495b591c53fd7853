import { useParams } from 'react-router';

/** The id of the workspace in the address. */
export function useWorkspaceId(): string {
  return useParams()['workspaceId'] ?? '';
}
/** The path of the workspace in the API. */
export function inWorkspace(workspaceId: string): string {
  return `/workspaces/${workspaceId}`;
}
