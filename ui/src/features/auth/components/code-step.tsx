import { useMutation } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { useForm } from '@/api/use-form';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { AuthCard } from './auth-card';

const schema = z.object({ code: z.string().trim().min(1, 'Enter the code') });

/** The second step of a sign-in: the code of the app, a recovery code, or a passkey. */
export function CodeStep({
  onCode,
  onPasskey,
  onBack,
}: {
  onCode: (code: string) => Promise<void>;
  onPasskey: (() => Promise<void>) | undefined;
  onBack: () => void;
}) {
  const form = useForm(schema, ({ code }) => onCode(code));
  const passkey = useMutation({ mutationFn: async () => onPasskey?.(), meta: { quiet: true } });
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
        {onPasskey && (
          <Button
            icon={<KeyRound size={14} />}
            busy={passkey.isPending}
            className="w-full"
            onClick={() => passkey.mutate()}
          >
            Use a passkey instead
          </Button>
        )}
        {passkey.isError && <Notice tone="danger">{messageOf(passkey.error)}</Notice>}
        <Button onClick={onBack} className="w-full">
          Back
        </Button>
      </form>
    </AuthCard>
  );
}
