import { z } from 'zod';
import { useForm } from '@/api/use-form';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { AuthCard } from './auth-card';

const schema = z.object({ code: z.string().trim().min(1, 'Enter the code') });

/** The second step of a sign-in: the code of the app, or a recovery code. */
export function CodeStep({ onCode, onBack }: { onCode: (code: string) => Promise<void>; onBack: () => void }) {
  const form = useForm(schema, ({ code }) => onCode(code));
  return (
    <AuthCard title="Enter your code" text="Open your authenticator app, or use one of your recovery codes.">
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Code" error={form.errorOf('code')}>
          {(ids) => <Input {...ids} name="code" autoComplete="one-time-code" spellCheck={false} autoFocus />}
        </Field>
        <Button type="submit" variant="primary" busy={form.busy} className="w-full">
          Sign in
        </Button>
        <Button onClick={onBack} className="w-full">
          Back
        </Button>
      </form>
    </AuthCard>
  );
}
