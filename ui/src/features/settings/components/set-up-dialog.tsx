import { useState } from 'react';
import { z } from 'zod';
import type { Enrolment } from '@/api/types';
import { useForm } from '@/api/use-form';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { beginSecondFactor, confirmSecondFactor } from '../api/second-factor';

/** Sets up an authenticator app: the password, the picture, its first code. */
export function SetUpDialog({ onClose, onDone }: { onClose: () => void; onDone: (codes: string[]) => void }) {
  const [offer, setOffer] = useState<Enrolment | null>(null);
  return (
    <Dialog title="Set up two-step sign-in" onClose={onClose}>
      {offer ? (
        <ScanStep offer={offer} onClose={onClose} onDone={onDone} />
      ) : (
        <PasswordStep onClose={onClose} onOffer={setOffer} />
      )}
    </Dialog>
  );
}

const passwordSchema = z.object({ password: z.string().min(1, 'Enter your password') });

function PasswordStep({ onClose, onOffer }: { onClose: () => void; onOffer: (offer: Enrolment) => void }) {
  const form = useForm(passwordSchema, async ({ password }) => onOffer(await beginSecondFactor(password)));
  return (
    <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
      {form.error && <Notice tone="danger">{form.error}</Notice>}
      <Field label="Password" hint="To show that it is you" error={form.errorOf('password')}>
        {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" data-autofocus />}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Next
        </Button>
      </div>
    </form>
  );
}

const codeSchema = z.object({ code: z.string().trim().min(1, 'Enter the code that the app shows') });

function ScanStep({
  offer,
  onClose,
  onDone,
}: {
  offer: Enrolment;
  onClose: () => void;
  onDone: (codes: string[]) => void;
}) {
  const form = useForm(codeSchema, async ({ code }) => onDone(await confirmSecondFactor(code)));
  return (
    <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
      <p className="text-base text-ink-2">Scan this with an authenticator app, then enter the code that it shows.</p>
      <img
        src={`data:image/png;base64,${offer.picture}`}
        alt="QR code for your authenticator app"
        width={220}
        height={220}
        className="self-center rounded-md border border-line bg-white p-2"
      />
      <p className="text-sm text-ink-3">
        Can’t scan it? Type this key: <code className="font-mono break-all text-ink-2">{offer.secret}</code>
      </p>
      {form.error && <Notice tone="danger">{form.error}</Notice>}
      <Field label="Code" error={form.errorOf('code')}>
        {(ids) => (
          <Input {...ids} name="code" inputMode="numeric" autoComplete="one-time-code" spellCheck={false} autoFocus />
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Turn on
        </Button>
      </div>
    </form>
  );
}
