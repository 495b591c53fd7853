import { Link } from 'react-router';
import { z } from 'zod';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { passwordRule } from '@/lib/password-rule';
import { register } from './api/auth';
import { AuthCard } from './components/auth-card';
import { useForm } from '@/api/use-form';

const schema = z.object({
  name: z.string().trim().min(1, 'Enter your name').max(100),
  email: z.email('Enter an email address'),
  password: passwordRule,
});

export function RegisterPage() {
  const form = useForm(schema, ({ name, email, password }) => register(name, email, password));
  return (
    <AuthCard
      title="Create your account"
      text="Your data stays on this server."
      footer={
        <>
          Already have one?{' '}
          <Link to="/login" className="font-medium text-primary-ink hover:underline">
            Sign in
          </Link>
        </>
      }
    >
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Name" error={form.errorOf('name')}>
          {(ids) => <Input {...ids} name="name" autoComplete="name" autoFocus />}
        </Field>
        <Field label="Email" error={form.errorOf('email')}>
          {(ids) => <Input {...ids} name="email" type="email" autoComplete="username" />}
        </Field>
        <Field label="Password" hint="8 characters or more, not easy to guess" error={form.errorOf('password')}>
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="new-password" />}
        </Field>
        <Button type="submit" variant="primary" busy={form.busy} className="w-full">
          Create account
        </Button>
      </form>
    </AuthCard>
  );
}
