import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice, SkeletonRows } from '@/components/states';
import { sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { acceptInvitation, declineInvitation, invitation, restore } from './api/auth';
import { AuthCard } from './components/auth-card';
import { useForm } from '@/api/use-form';
import { passwordRule } from '@/lib/password-rule';

const schema = z.object({ name: z.string().trim().min(1, 'Enter your name'), password: passwordRule });

export function InvitationPage() {
  const token = useParams()['token'] ?? '';
  const navigate = useNavigate();
  const status = useSession((s) => s.status);
  const [busy, setBusy] = useState(false);
  const info = useQuery({ queryKey: ['invitation', token], queryFn: () => invitation(token), retry: false });
  useEffect(() => {
    if (status === 'starting') void restore();
  }, [status]);
  const email = info.data?.email ?? '';
  const form = useForm(schema, async ({ name, password }) => {
    await acceptInvitation(token, { name, password });
    await navigate('/');
  });
  const join = async (): Promise<void> => {
    setBusy(true);
    try {
      await acceptInvitation(token);
      await navigate('/');
    } catch (e) {
      toast.error(messageOf(e));
    } finally {
      setBusy(false);
    }
  };
  const decline = async (): Promise<void> => {
    try {
      await declineInvitation(token);
      toast.info('You declined the invitation.');
      await navigate('/');
    } catch (e) {
      toast.error(messageOf(e));
    }
  };
  if (info.isPending || status === 'starting')
    return (
      <AuthCard title="Invitation">
        <SkeletonRows rows={3} />
      </AuthCard>
    );
  if (info.isError)
    return (
      <AuthCard title="Invitation">
        <Notice tone="danger">{messageOf(info.error)}</Notice>
      </AuthCard>
    );
  if (info.data.state !== 'open')
    return (
      <AuthCard title="Invitation">
        <Notice tone="warning">This invitation is {info.data.state}.</Notice>
      </AuthCard>
    );
  return (
    <AuthCard
      title={`Join ${info.data.workspace_name}`}
      text={`As ${sentence(info.data.role).toLowerCase()}, with ${email}`}
    >
      {status === 'signed-in' ? (
        <div className="flex gap-2">
          <Button variant="primary" busy={busy} onClick={() => void join()} className="flex-1">
            Join
          </Button>
          <Button onClick={() => void decline()}>Decline</Button>
        </div>
      ) : (
        <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
          {form.error && <Notice tone="danger">{form.error}</Notice>}
          <Field label="Name" error={form.errorOf('name')}>
            {(ids) => <Input {...ids} name="name" autoComplete="name" />}
          </Field>
          <Field label="Password" hint="8 characters or more, not easy to guess" error={form.errorOf('password')}>
            {(ids) => <Input {...ids} name="password" type="password" autoComplete="new-password" />}
          </Field>
          <div className="flex gap-2">
            <Button type="submit" variant="primary" busy={form.busy} className="flex-1">
              Join
            </Button>
            <Button onClick={() => void decline()}>Decline</Button>
          </div>
        </form>
      )}
    </AuthCard>
  );
}
