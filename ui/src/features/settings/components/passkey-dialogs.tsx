import { useQuery } from '@tanstack/react-query';
import type { ReactNode, SyntheticEvent } from 'react';
import { z } from 'zod';
import type { Passkey } from '@/api/types';
import { useForm } from '@/api/use-form';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { clientName } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { addPasskey, removePasskey, renamePasskey } from '../api/passkeys';
import { secondFactorQuery } from '../api/second-factor';

const name = z.string().trim().min(1, 'Give it a name').max(100, 'At most 100 characters');
const password = z.string().min(1, 'Enter your password');
const addSchema = z.object({ name, password, code: z.string().trim().min(1, 'Enter the code').optional() });

/** Asks for what a sign-in asks for, then the browser for a passkey. */
export function AddPasskeyDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const twoSteps = useQuery(secondFactorQuery).data?.on;
  const form = useForm(addSchema, async (values) => {
    await addPasskey(values.name, values.password, values.code);
    toast.success('Passkey added');
    onDone();
  });
  return (
    <Dialog title="Add a passkey" description="Your browser asks which device shall keep it." onClose={onClose}>
      <Steps form={form} action="Continue" onClose={onClose}>
        <Field label="Name" hint="To know it by in your list" error={form.errorOf('name')}>
          {(ids) => <Input {...ids} name="name" maxLength={100} defaultValue={clientName(navigator.userAgent)} />}
        </Field>
        <PasswordField error={form.errorOf('password')} />
        {twoSteps && (
          <Field label="Code" hint="From your app, or a recovery code" error={form.errorOf('code')}>
            {(ids) => <Input {...ids} name="code" autoComplete="one-time-code" spellCheck={false} />}
          </Field>
        )}
      </Steps>
    </Dialog>
  );
}

const renameSchema = z.object({ name });

interface OfPasskey {
  passkey: Passkey;
  onClose: () => void;
  onDone: () => void;
}

export function RenamePasskeyDialog({ passkey, onClose, onDone }: OfPasskey) {
  const form = useForm(renameSchema, async (values) => {
    await renamePasskey(passkey.id, values.name);
    onDone();
  });
  return (
    <Dialog title="Rename passkey" onClose={onClose}>
      <Steps form={form} action="Rename" onClose={onClose}>
        <Field label="Name" error={form.errorOf('name')}>
          {(ids) => <Input {...ids} name="name" maxLength={100} defaultValue={passkey.name} data-autofocus />}
        </Field>
      </Steps>
    </Dialog>
  );
}

const removeSchema = z.object({ password });

export function RemovePasskeyDialog({ passkey, onClose, onDone }: OfPasskey) {
  const form = useForm(removeSchema, async (values) => {
    await removePasskey(passkey.id, values.password);
    toast.success('Passkey removed');
    onDone();
  });
  return (
    <Dialog
      title={`Remove “${passkey.name}”`}
      description="It stops signing you in. Delete it on your device, too, so that your browser no longer offers it."
      onClose={onClose}
    >
      <Steps form={form} action="Remove" danger onClose={onClose}>
        <PasswordField error={form.errorOf('password')} />
      </Steps>
    </Dialog>
  );
}

function PasswordField({ error }: { error: string | undefined }) {
  return (
    <Field label="Password" hint="To show that it is you" error={error}>
      {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" data-autofocus />}
    </Field>
  );
}

function Steps({
  form,
  action,
  danger,
  onClose,
  children,
}: {
  form: { busy: boolean; error: string | null; submit: (e: SyntheticEvent<HTMLFormElement>) => void };
  action: string;
  danger?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
      {form.error && <Notice tone="danger">{form.error}</Notice>}
      {children}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant={danger ? 'danger' : 'primary'} busy={form.busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
