import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { z } from 'zod';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { ApiError, messageOf } from '@/api/errors';
import { passkeysWork } from '@/lib/passkeys';
import { login, signInOptionsQuery } from './api/auth';
import { loginWithPasskey } from './api/passkeys';
import { AuthCard } from './components/auth-card';
import { PasskeyButton } from './components/passkey-button';
import { SignOnButton } from './components/sign-on-button';
import { CodeStep } from './components/code-step';
import { useForm } from '@/api/use-form';

const schema = z.object({
  email: z.email('Enter your email address'),
  password: z.string().min(1, 'Enter your password'),
});

export function LoginPage() {
  const options = useQuery(signInOptionsQuery).data;
  const signOn = options?.sign_on;
  const passkeys = passkeysWork(options?.passkeys?.origin);
  const [withPassword, setWithPassword] = useState(false);
  const [waiting, setWaiting] = useState<z.infer<typeof schema> | null>(null);
  const form = useForm(schema, async ({ email, password }) => {
    try {
      await login(email, password);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'SECOND_FACTOR_REQUIRED') throw error;
      setWaiting({ email, password });
    }
  });
  if (waiting) {
    const { email, password } = waiting;
    return (
      <CodeStep
        onCode={(code) => login(email, password, code)}
        onPasskey={passkeys ? () => loginWithPasskey(email, password) : undefined}
        onBack={() => setWaiting(null)}
      />
    );
  }
  if (signOn?.only && !withPassword) {
    return (
      <AuthCard title="Sign in">
        <div className="flex flex-col gap-4">
          <SignOnButton name={signOn.name} primary />
          <Button onClick={() => setWithPassword(true)} className="w-full">
            Sign in as an operator
          </Button>
        </div>
      </AuthCard>
    );
  }
  return (
    <AuthCard
      title="Sign in"
      footer={
        !signOn?.only && (
          <>
            New here?{' '}
            <Link to="/register" className="font-medium text-primary-ink hover:underline">
              Create an account
            </Link>
          </>
        )
      }
    >
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Email" error={form.errorOf('email')}>
          {(ids) => <Input {...ids} name="email" type="email" autoComplete="username webauthn" autoFocus />}
        </Field>
        <Field label="Password" error={form.errorOf('password')}>
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" />}
        </Field>
        <Button type="submit" variant="primary" busy={form.busy} className="w-full">
          Sign in
        </Button>
        {passkeys && <PasskeyButton />}
        {signOn && !signOn.only && <SignOnButton name={signOn.name} primary={false} />}
        <DemoLogin />
        <Link to="/reset-password" className="text-center text-sm text-ink-2 hover:text-ink hover:underline">
          Forgot your password?
        </Link>
      </form>
    </AuthCard>
  );
}

/** One click into the demo workspace; only an installation that nobody else can reach has it. */
function DemoLogin() {
  const demo = useQuery(signInOptionsQuery).data?.demo;
  const enter = useMutation({
    mutationFn: async () => {
      if (demo) await login(demo.email, demo.password);
    },
    meta: { quiet: true },
  });
  if (!demo) return null;
  return (
    <>
      <Button busy={enter.isPending} className="w-full" onClick={() => enter.mutate()}>
        Use the demo account
      </Button>
      {enter.isError && <Notice tone="danger">{messageOf(enter.error)}</Notice>}
    </>
  );
}
