import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'react-router';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { beginSignOn } from '../api/sign-on';

/** Signs in by the identity provider of the installation. */
export function SignOnButton({ name, primary }: { name: string; primary: boolean }) {
  const state = useLocation().state as { from?: string } | null;
  const begin = useMutation({ mutationFn: () => beginSignOn(state?.from), meta: { quiet: true } });
  return (
    <>
      <Button
        variant={primary ? 'primary' : 'secondary'}
        busy={begin.isPending || begin.isSuccess}
        className="w-full"
        onClick={() => begin.mutate()}
      >
        Continue with {name}
      </Button>
      {begin.isError && <Notice tone="danger">{messageOf(begin.error)}</Notice>}
    </>
  );
}
