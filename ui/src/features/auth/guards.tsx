import { CloudOff } from 'lucide-react';
import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { api } from '@/api/client';
import { Button } from '@/components/button';
import { Spinner } from '@/components/spinner';
import { Empty } from '@/components/states';
import { useSession, type SessionStatus } from '@/lib/session';
import { restore } from './api/auth';

let starting: Promise<void> | null = null;

function useStart(): SessionStatus {
  const status = useSession((s) => s.status);
  useEffect(() => {
    api.onSignedOut(() => useSession.getState().end());
    if (status === 'starting') starting ??= restore().finally(() => (starting = null));
  }, [status]);
  return status;
}

function Starting({ status }: { status: SessionStatus }) {
  const retry = useSession((s) => s.retry);
  if (status === 'unreachable') {
    return (
      <main className="flex h-full items-center justify-center">
        <Empty
          page
          icon={<CloudOff size={20} />}
          title="Morket can’t be reached"
          text="The server does not answer. Nothing is lost; try again in a moment."
          action={
            <Button variant="primary" onClick={retry}>
              Try again
            </Button>
          }
        />
      </main>
    );
  }
  return (
    <div className="flex h-full items-center justify-center text-primary">
      <Spinner className="size-6" label="Starting" />
    </div>
  );
}

/** Only for people who are signed in; the others are sent to the login and come back afterwards. */
export function SignedIn() {
  const status = useStart();
  const location = useLocation();
  if (status === 'starting' || status === 'unreachable') return <Starting status={status} />;
  if (status === 'signed-out') {
    return <Navigate to="/login" replace state={{ from: location.pathname + location.search }} />;
  }
  return <Outlet />;
}

/** Login and its like: somebody who is signed in has no business there. */
export function Guest() {
  const status = useStart();
  const location = useLocation();
  if (status === 'starting' || status === 'unreachable') return <Starting status={status} />;
  if (status === 'signed-in') {
    const state = location.state as { from?: string } | null;
    return <Navigate to={state?.from ?? '/'} replace />;
  }
  return <Outlet />;
}
