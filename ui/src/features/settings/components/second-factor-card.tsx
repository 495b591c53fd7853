import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { useForm } from '@/api/use-form';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { Card } from '@/components/page';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { disableSecondFactor, replaceRecoveryCodes, secondFactorQuery } from '../api/second-factor';
import { RecoveryCodesDialog } from './recovery-codes-dialog';
import { SetUpDialog } from './set-up-dialog';

type Step = 'set-up' | 'turn-off' | 'new-codes' | null;

/** Two-step sign-in: whether it is on, and what changes it. */
export function SecondFactorCard() {
  const state = useQuery(secondFactorQuery);
  const client = useQueryClient();
  const [step, setStep] = useState<Step>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const changed = (): void => {
    setStep(null);
    void client.invalidateQueries({ queryKey: ['second-factor'] });
  };
  const show = (made: string[]): void => {
    setCodes(made);
    changed();
  };
  const on = state.data?.on;
  return (
    <Card title="Two-step sign-in" text="A code from an app on your phone is asked for after your password.">
      {state.isPending && <SkeletonRows rows={1} />}
      {state.isError && <Notice tone="danger">{messageOf(state.error)}</Notice>}
      {state.data && !state.data.available && (
        <p className="text-base text-ink-2">
          You sign in with single sign-on, which asks for a second step itself where your organisation wants one.
        </p>
      )}
      {state.data?.available && (
        <div className="flex flex-wrap items-center gap-3">
          <Badge tone={on ? 'success' : 'neutral'}>{on ? 'On' : 'Off'}</Badge>
          {on && (
            <p className="min-w-0 flex-1 basis-52 text-base text-ink-2">
              since {dateTime(state.data.since ?? '')} · {state.data.recovery_codes_left} recovery codes left
            </p>
          )}
          {on ? (
            <>
              <Button onClick={() => setStep('new-codes')}>New recovery codes</Button>
              <Button onClick={() => setStep('turn-off')}>Turn off</Button>
            </>
          ) : (
            <Button variant="primary" onClick={() => setStep('set-up')}>
              Set up
            </Button>
          )}
        </div>
      )}
      {step === 'set-up' && <SetUpDialog onClose={() => setStep(null)} onDone={show} />}
      {step === 'new-codes' && (
        <ConfirmDialog
          title="New recovery codes"
          text="The old ones stop working."
          action="Make new codes"
          onClose={() => setStep(null)}
          onConfirm={async (password, code) => show(await replaceRecoveryCodes(password, code))}
        />
      )}
      {step === 'turn-off' && (
        <ConfirmDialog
          title="Turn off two-step sign-in"
          text="Your password alone will sign you in again."
          action="Turn off"
          onClose={() => setStep(null)}
          onConfirm={async (password, code) => {
            await disableSecondFactor(password, code);
            toast.success('Two-step sign-in is off');
            changed();
          }}
        />
      )}
      {codes && <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  );
}

const schema = z.object({
  password: z.string().min(1, 'Enter your password'),
  code: z.string().trim().min(1, 'Enter the code'),
});

/** Asks for what a sign-in asks for. */
function ConfirmDialog({
  title,
  text,
  action,
  onClose,
  onConfirm,
}: {
  title: string;
  text: string;
  action: string;
  onClose: () => void;
  onConfirm: (password: string, code: string) => Promise<void>;
}) {
  const form = useForm(schema, ({ password, code }) => onConfirm(password, code));
  return (
    <Dialog title={title} description={text} onClose={onClose}>
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Password" error={form.errorOf('password')}>
          {(ids) => <Input {...ids} name="password" type="password" autoComplete="current-password" data-autofocus />}
        </Field>
        <Field label="Code" hint="From your app, or a recovery code" error={form.errorOf('code')}>
          {(ids) => <Input {...ids} name="code" autoComplete="one-time-code" spellCheck={false} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
