import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { z } from 'zod';
import { Button } from '@/components/button';
import { Checkbox, Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { toast } from '@/lib/toasts';
import { confirmReset, requestReset } from './api/auth';
import { AuthCard } from './components/auth-card';
import { useForm } from '@/api/use-form';
import { passwordRule } from '@/lib/password-rule';

const back = (
  <Link to="/login" className="font-medium text-primary-ink hover:underline">
    Back to sign in
  </Link>
);

export function ResetPage() {
  const [params] = useSearchParams();
  const token = params.get('token');
  return token ? <NewPassword token={token} /> : <AskForLink />;
}

const emailSchema = z.object({ email: z.email('Enter your email address') });

function AskForLink() {
  const [sent, setSent] = useState(false);
  const form = useForm(emailSchema, async ({ email }) => {
    await requestReset(email);
    setSent(true);
  });
  return (
    <AuthCard title="Reset your password" text="We send a link to your email address." footer={back}>
      {sent ? (
        <Notice tone="success">If there is an account with this address, a link is on its way.</Notice>
      ) : (
        <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
          {form.error && <Notice tone="danger">{form.error}</Notice>}
          <Field label="Email" error={form.errorOf('email')}>
            {(ids) => <Input {...ids} name="email" type="email" autoComplete="username" autoFocus />}
          </Field>
          <Button type="submit" variant="primary" busy={form.busy}>
            Send the link
          </Button>
        </form>
      )}
    </AuthCard>
  );
}

const passwordSchema = z.object({ password: passwordRule, revoke: z.literal('on').optional() });

function NewPassword({ token }: { token: string }) {
  const navigate = useNavigate();
  const form = useForm(passwordSchema, async ({ password, revoke }) => {
    await confirmReset(token, password, revoke === 'on');
    toast.success('Your password is changed. Sign in with the new one.');
    await navigate('/login');
  });
  return (
    <AuthCard title="Choose a new password" footer={back}>
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="New password" hint="8 characters or more, not easy to guess" error={form.errorOf('password')}>
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="new-password" autoFocus />}
        </Field>
        <Checkbox name="revoke" label="Also revoke the API keys that I made" />
        <Button type="submit" variant="primary" busy={form.busy}>
          Change password
        </Button>
      </form>
    </AuthCard>
  );
}
