import { useQuery, useQueryClient } from '@tanstack/react-query';
import { MailCheck } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { DeadLetter } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Textarea } from '@/components/field';
import { Card } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { ago, count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { lettersQuery, retryLetter, skipLetter } from '../api/admin';

/** Streams set aside because of an event that can't be applied. */
export function LettersCard() {
  const letters = useQuery(lettersQuery);
  const client = useQueryClient();
  const [skipping, setSkipping] = useState<DeadLetter | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ['admin'] });
  const retry = async (l: DeadLetter): Promise<void> => {
    try {
      await retryLetter(l);
      toast.success('Retrying now.');
    } catch (e) {
      toast.error(messageOf(e));
    }
    await again();
  };
  return (
    <Card title="Dead letters" text="An event that can’t be applied stops its own stream only." flush>
      {letters.isPending && <SkeletonRows rows={2} />}
      {letters.isError && <Notice tone="danger">{messageOf(letters.error)}</Notice>}
      {letters.data?.length === 0 && (
        <Empty
          className="!py-8"
          icon={<MailCheck size={20} />}
          title="None"
          text="Every event was applied everywhere."
        />
      )}
      <ul>
        {letters.data?.map((l) => (
          <li key={`${l.kind}/${l.unit}/${l.stream}`} className="border-b border-line px-4 py-3 last:border-0">
            <Letter letter={l} onRetry={() => void retry(l)} onSkip={() => setSkipping(l)} />
          </li>
        ))}
      </ul>
      {skipping && <SkipDialog letter={skipping} onClose={() => setSkipping(null)} onDone={() => void again()} />}
    </Card>
  );
}

function Letter({ letter: l, onRetry, onSkip }: { letter: DeadLetter; onRetry: () => void; onSkip: () => void }) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone="danger">{l.unit}</Badge>
        <span className="font-medium">{l.event_type}</span>
        <span className="text-sm text-ink-3">
          position {count(l.position)}, recorded {ago(l.recorded_at)}, {plural(l.attempts, 'attempt')}
          {l.skip_reason ? ', about to be skipped' : l.retry_at ? `, tried again ${ago(l.retry_at)}` : ', given up'}
        </span>
        <div className="ml-auto flex gap-2">
          <Button size="sm" onClick={onRetry}>
            Retry
          </Button>
          <Button size="sm" onClick={onSkip}>
            Skip…
          </Button>
        </div>
      </div>
      <p className="text-base break-words text-danger-ink">{l.error}</p>
      <details>
        <summary className="cursor-pointer text-sm text-ink-2">Event in {l.stream}</summary>
        <pre tabIndex={0} className="mt-1 max-h-60 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs text-ink-2">
          {l.event === undefined ? 'The event is too large to be shown.' : JSON.stringify(l.event, null, 2)}
        </pre>
      </details>
    </div>
  );
}

interface SkipProps {
  letter: DeadLetter;
  onClose: () => void;
  onDone: () => void;
}

function SkipDialog({ letter, onClose, onDone }: SkipProps) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const skip = async (): Promise<void> => {
    setBusy(true);
    try {
      await skipLetter(letter, reason.trim());
      toast.success('Event skipped. The stream goes on.');
      onDone();
      onClose();
    } catch (e) {
      toast.error(messageOf(e));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Skip this event?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" busy={busy} disabled={busy || reason.trim() === ''} onClick={() => void skip()}>
            Skip event
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-base text-ink-2">
        <p>
          {letter.unit} goes on after {letter.event_type} at position {count(letter.position)} as if it had not
          happened. The log keeps the event, who skipped it, and why.
        </p>
        <Field label="Reason">
          {(ids) => (
            <Textarea {...ids} rows={3} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
