import { useMutation } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { offersInForms, showPasskey } from '@/lib/passkeys';
import { askForPasskey, beginPasskeySignIn, passkeySignIn } from '../api/passkeys';

/** Signs in by a passkey: when it is pressed, or when the browser's offer in the form is taken. */
export function PasskeyButton() {
  const [round, setRound] = useState(0);
  const offer = useRef<AbortController>(null);
  const enter = useMutation({
    mutationFn: async () => {
      offer.current?.abort(); // the browser asks for one at a time
      await passkeySignIn(await askForPasskey());
    },
    onError: () => setRound((n) => n + 1),
    meta: { quiet: true },
  });
  const [refused, setRefused] = useState<unknown>(null);
  useEffect(() => {
    const ending = new AbortController();
    offer.current = ending;
    void offerInForm(ending.signal, () => setRefused(null)).catch((e: unknown) => {
      if (ending.signal.aborted) return;
      setRefused(e);
      setRound((n) => n + 1);
    });
    return () => ending.abort();
  }, [round]);
  const error = enter.error ?? refused;
  return (
    <>
      <Button icon={<KeyRound size={14} />} busy={enter.isPending} className="w-full" onClick={() => enter.mutate()}>
        Sign in with a passkey
      </Button>
      {error !== null && !enter.isPending && <Notice tone="danger">{messageOf(error)}</Notice>}
    </>
  );
}

/** Has the browser offer passkeys in the form, with a new challenge before the server takes the last one no longer. */
async function offerInForm(signal: AbortSignal, onTaken: () => void): Promise<void> {
  if (!(await offersInForms())) return;
  for (;;) {
    const request = await beginPasskeySignIn().catch(() => null); // what the server can't begin now, the button says
    if (request === null || signal.aborted) return;
    const late = AbortSignal.timeout(request.timeout_ms * 0.8);
    const answer = await showPasskey(request, { inForms: true, signal: AbortSignal.any([signal, late]) }).catch(
      () => null,
    );
    if (answer) {
      onTaken();
      return passkeySignIn(answer);
    }
    if (!late.aborted) return;
  }
}
