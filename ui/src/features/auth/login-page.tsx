import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { messageOf } from '@/api/errors';
import { login, signInOptionsQuery } from './api/auth';
import { AuthCard } from './components/auth-card';
import { useForm } from '@/api/use-form';

const schema = z.object({
  email: z.email('Enter your email address'),
  password: z.string().min(1, 'Enter your password'),
});

export function LoginPage() {
  const form = useForm(schema, ({ email, password }) => login(email, password));
  return (
    <AuthCard
      title="Sign in"
      footer={
        <>
          New here?{' '}
          <Link to="/register" className="font-medium text-primary-ink hover:underline">
            Create an account
          </Link>
        </>
      }
    >
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Email" error={form.errorOf('email')}>
          {(ids) => <Input {...ids} name="email" type="email" autoComplete="username" autoFocus />}
        </Field>
        <Field label="Password" error={form.errorOf('password')}>
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" />}
        </Field>
        <Button type="submit" variant="primary" busy={form.busy} className="w-full">
          Sign in
        </Button>
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
