import { Download } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Erasure } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Dialog } from '@/components/dialog';
import { Notice, Progress, type Tone } from '@/components/states';
import { dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { cancelErasure, confirmErasure, downloadPerson, saveCertificate, underway } from '../api/erasures';
import { PersonRows, Places, Remains } from './erasure-facts';

interface Props {
  ws: string;
  erasure: Erasure;
  onClose: () => void;
  onChanged: () => Promise<void>;
}

const texts: Record<Erasure['state'], string> = {
  looking: 'Looking through the tables, their history, files and answers…',
  waiting: 'This was found. Nothing is erased yet.',
  erasing: 'Erasing. This goes on by itself, also when you close this.',
  done: 'Everything was erased, and every place was looked through again.',
  cancelled: 'What was found was left as it is.',
  failed: 'The erasure could not be finished.',
};
const tones: Partial<Record<Erasure['state'], Tone>> = { failed: 'danger', done: 'success' };

/** What was found about a person, and what became of it. */
export function ErasureDialog({ ws, erasure: e, onClose, onChanged }: Props) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const act = async (what: () => Promise<void>): Promise<void> => {
    try {
      await what();
      await onChanged();
    } catch (cause) {
      toast.error(messageOf(cause));
      throw cause;
    }
  };
  const download = async (): Promise<void> => {
    setBusy(true);
    await act(() => downloadPerson(ws, e.id)).catch(() => undefined);
    setBusy(false);
  };
  const empty = (e.found ?? []).every((p) => p.count === 0);
  if (asking) {
    return (
      <Confirm
        title="Erase this person?"
        action="Erase for good"
        danger
        typed="erase"
        onClose={() => setAsking(false)}
        onConfirm={() => act(() => confirmErasure(ws, e.id))}
      >
        <p>Rows, their history, comments, files and recorded answers go for good; this can’t be undone.</p>
        <p>From then on this person’s email addresses and phone numbers are kept out of the workspace.</p>
      </Confirm>
    );
  }
  const footer = (
    <>
      {e.state === 'waiting' && (
        <>
          {!empty && (
            <Button icon={<Download size={15} />} busy={busy} onClick={() => void download()}>
              Download what is held
            </Button>
          )}
          <Button onClick={() => void act(() => cancelErasure(ws, e.id)).catch(() => undefined)}>Leave as it is</Button>
          <Button variant="danger" onClick={() => setAsking(true)}>
            {empty ? 'Keep out…' : 'Erase…'}
          </Button>
        </>
      )}
      {e.certificate && (
        <Button icon={<Download size={15} />} onClick={() => saveCertificate(e)}>
          Certificate
        </Button>
      )}
      {e.state !== 'waiting' && <Button onClick={onClose}>Close</Button>}
    </>
  );
  const nothing = 'Nothing was found. You can still have this person’s addresses and numbers kept out.';
  return (
    <Dialog
      title="Erasure"
      description={`Asked ${dateTime(e.requested_at)}`}
      size="md"
      onClose={onClose}
      footer={footer}
    >
      <div className="flex flex-col gap-4 text-base" aria-busy={underway(e)}>
        <div role="status">
          <Notice tone={tones[e.state] ?? 'neutral'}>
            {e.error ?? (e.state === 'waiting' && empty ? nothing : texts[e.state])}
          </Notice>
        </div>
        {e.state === 'erasing' && (
          <Progress
            label="Places that are done"
            value={(e.erased ?? []).length / Math.max(1, (e.found ?? []).length)}
          />
        )}
        <PersonRows ws={ws} erasure={e} />
        {!(e.state === 'waiting' && empty) && <Places erasure={e} />}
        <Remains erasure={e} />
      </div>
    </Dialog>
  );
}
