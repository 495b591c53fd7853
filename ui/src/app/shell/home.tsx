import { Navigate } from 'react-router';
import { useSession } from '@/lib/session';

/** The start: the first workspace, or the way to make one. */
export function Home() {
  const first = useSession((s) => s.workspaces[0]);
  return <Navigate to={first ? `/w/${first.id}` : '/welcome'} replace />;
}
