import { useEffect, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { Spinner } from '@/components/spinner';
import { Notice } from '@/components/states';
import { completeSignOn } from './api/sign-on';
import { AuthCard } from './components/auth-card';

let completing: Promise<string> | null = null;

/** Where the identity provider leads back to: it signs in, or says why not. */
export function SignOnPage() {
  const navigate = useNavigate();
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    // The code is good once, and an effect may run twice.
    completing ??= completeSignOn(new URLSearchParams(window.location.search)).finally(() => (completing = null));
    completing.then(
      (to) => void navigate(to, { replace: true }),
      (e: unknown) => setError(messageOf(e)),
    );
  }, [navigate]);
  return (
    <AuthCard title={error ? 'You are not signed in' : 'Signing in'}>
      {error ? (
        <div className="flex flex-col gap-4">
          <Notice tone="danger">{error}</Notice>
          <Link to="/login" replace className="font-medium text-primary-ink hover:underline">
            Back to sign-in
          </Link>
        </div>
      ) : (
        <div className="flex justify-center py-4 text-primary">
          <Spinner className="size-6" label="Signing in" />
        </div>
      )}
    </AuthCard>
  );
}
