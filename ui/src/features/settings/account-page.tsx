import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Checkbox, Field, Input } from '@/components/field';
import { Card, Page } from '@/components/page';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { useForm } from '@/api/use-form';
import { passwordRule } from '@/lib/password-rule';
import { ago, clientName, dateTime } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { PasskeysCard } from './components/passkeys-card';
import { SecondFactorCard } from './components/second-factor-card';
import { changePassword, revokeOtherSessions, revokeSession, sessionsQuery } from './api/settings';

// Named as the server names them, so that what it finds wrong shows beside its field.
const schema = z.object({
  current_password: z.string().min(1, 'Enter your password'),
  new_password: passwordRule,
  revoke_api_keys: z.literal('on').optional(),
});

export function AccountPage() {
  const user = useSession((s) => s.user);
  const [round, setRound] = useState(0);
  const form = useForm(schema, async (form) => {
    const revokeKeys = form.revoke_api_keys === 'on';
    await changePassword({ ...form, revoke_api_keys: revokeKeys });
    toast.success(
      `Password changed. Other sessions are signed out${revokeKeys ? ' and your API keys are revoked' : ''}.`,
    );
    setRound((n) => n + 1);
  });
  return (
    <Page title="My account" text={user ? `${user.name} · ${user.email}` : undefined}>
      <Card title="Password">
        <form key={round} onSubmit={form.submit} noValidate className="flex max-w-md flex-col gap-4">
          {form.error && <Notice tone="danger">{form.error}</Notice>}
          <Field label="Current password" error={form.errorOf('current_password')}>
            {(ids) => <Input {...ids} name="current_password" type="password" autoComplete="current-password" />}
          </Field>
          <Field
            label="New password"
            hint="8 characters or more, not easy to guess"
            error={form.errorOf('new_password')}
          >
            {(ids) => <Input {...ids} name="new_password" type="password" autoComplete="new-password" />}
          </Field>
          <Checkbox name="revoke_api_keys" label="Also revoke the API keys that I made" />
          <div>
            <Button type="submit" variant="primary" busy={form.busy}>
              Change password
            </Button>
          </div>
        </form>
      </Card>
      <PasskeysCard />
      <SecondFactorCard />
      <Sessions />
    </Page>
  );
}

function Sessions() {
  const sessions = useQuery(sessionsQuery);
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: revokeSession,
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const revokeOthers = useMutation({
    mutationFn: revokeOtherSessions,
    onSuccess: () => toast.success('Signed out everywhere else'),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const others = sessions.data?.some((s) => !s.current);
  return (
    <Card
      title="Sessions"
      text="Where you are signed in."
      flush
      actions={
        others && (
          <Button size="sm" busy={revokeOthers.isPending} onClick={() => revokeOthers.mutate()}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      {sessions.isPending && <SkeletonRows rows={3} />}
      {sessions.isError && <Notice tone="danger">{messageOf(sessions.error)}</Notice>}
      <ul>
        {sessions.data?.map((s) => (
          <li key={s.id} className="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <div className="min-w-0 flex-1">
              <p className="truncate" title={s.client}>
                {clientName(s.client)}
              </p>
              <p className="text-sm text-ink-3">
                since {dateTime(s.created_at)} · used {ago(s.last_used_at)}
              </p>
            </div>
            {s.current ? (
              <Badge tone="success">This one</Badge>
            ) : (
              <Button size="sm" onClick={() => revoke.mutate(s.id)}>
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
