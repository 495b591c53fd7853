import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { OwnPasskeys, Passkey } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { ago, dateTime } from '@/lib/format';
import { browserHasPasskeys, passkeysWork } from '@/lib/passkeys';
import { passkeysQuery } from '../api/passkeys';
import { AddPasskeyDialog, RemovePasskeyDialog, RenamePasskeyDialog } from './passkey-dialogs';

type Step = { what: 'add' } | { what: 'rename' | 'remove'; passkey: Passkey } | null;

/** The person's passkeys: which there are, and what changes them. */
export function PasskeysCard() {
  const own = useQuery(passkeysQuery);
  const client = useQueryClient();
  const [step, setStep] = useState<Step>(null);
  const close = (): void => setStep(null);
  const changed = (): void => {
    setStep(null);
    void client.invalidateQueries({ queryKey: ['passkeys'] });
  };
  const why = own.data && whyNone(own.data);
  const list = own.data?.passkeys ?? [];
  return (
    <Card
      title="Passkeys"
      text="Sign in with your fingerprint, face or device PIN instead of your password and code."
      flush
      actions={
        own.data &&
        why === null && (
          <Button size="sm" onClick={() => setStep({ what: 'add' })}>
            Add a passkey
          </Button>
        )
      }
    >
      {own.isPending && <SkeletonRows rows={1} />}
      {own.isError && <Notice tone="danger">{messageOf(own.error)}</Notice>}
      {why && <p className="px-4 py-3 text-base text-ink-2">{why}</p>}
      {own.data && why === null && list.length === 0 && (
        <p className="px-4 py-3 text-base text-ink-2">You have no passkeys yet.</p>
      )}
      <ul>
        {list.map((p) => (
          <li key={p.id} className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <KeyRound size={16} className="shrink-0 text-ink-3" aria-hidden />
            <div className="min-w-0 flex-1 basis-44">
              <p className="truncate">
                <Shown text={p.name} />
              </p>
              <p className="text-sm text-ink-3">
                added {dateTime(p.created_at)} · {p.last_used_at ? `used ${ago(p.last_used_at)}` : 'never used'}
              </p>
              {p.blocked_at && (
                <p className="mt-1 text-sm text-danger-ink">
                  Another device seems to have a copy, so it no longer signs in. Remove it and add it again.
                </p>
              )}
            </div>
            {p.blocked_at && <Badge tone="danger">Blocked</Badge>}
            <div className="ml-auto flex gap-2">
              <Button size="sm" aria-label={`Rename ${p.name}`} onClick={() => setStep({ what: 'rename', passkey: p })}>
                Rename
              </Button>
              <Button size="sm" aria-label={`Remove ${p.name}`} onClick={() => setStep({ what: 'remove', passkey: p })}>
                Remove
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {step?.what === 'add' && <AddPasskeyDialog onClose={close} onDone={changed} />}
      {step?.what === 'rename' && <RenamePasskeyDialog passkey={step.passkey} onClose={close} onDone={changed} />}
      {step?.what === 'remove' && <RemovePasskeyDialog passkey={step.passkey} onClose={close} onDone={changed} />}
    </Card>
  );
}

/** Why no passkey can be added here, null if one can. */
function whyNone(own: OwnPasskeys): string | null {
  if (!own.origin) {
    return 'Browsers use passkeys only where Morket has an address with a name, over https. Ask your operator to set MORKET_PUBLIC_URL.';
  }
  if (!own.available) return 'You sign in with single sign-on, which has passkeys of its own.';
  if (!browserHasPasskeys()) return 'This browser has no passkeys. Open Morket in a newer one to add one.';
  if (!passkeysWork(own.origin))
    return `Passkeys work where Morket is opened at ${own.origin}. Open it there to add one.`;
  return null;
}
