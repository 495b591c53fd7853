import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { api } from '@/api/client';
import { Spinner } from '@/components/spinner';
import { useSession } from '@/lib/session';
import { restore } from './api/auth';

let starting: Promise<void> | null = null;

function useStart(): ReturnType<typeof useSession.getState>['status'] {
  const status = useSession((s) => s.status);
  useEffect(() => {
    api.onSignedOut(() => useSession.getState().end());
    if (status === 'starting') starting ??= restore().finally(() => (starting = null));
  }, [status]);
  return status;
}

function Starting() {
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
  if (status === 'starting') return <Starting />;
  if (status === 'signed-out') {
    return <Navigate to="/login" replace state={{ from: location.pathname + location.search }} />;
  }
  return <Outlet />;
}

/** Login and its like: somebody who is signed in has no business there. */
export function Guest() {
  const status = useStart();
  const location = useLocation();
  if (status === 'starting') return <Starting />;
  if (status === 'signed-in') {
    const state = location.state as { from?: string } | null;
    return <Navigate to={state?.from ?? '/'} replace />;
  }
  return <Outlet />;
}
