import { Download } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Erasure, ErasurePlace } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Dialog } from '@/components/dialog';
import { DataTable, Td } from '@/components/page';
import { Notice } from '@/components/states';
import { saveBlob } from '@/lib/download';
import { sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { cancelErasure, confirmErasure, underway } from '../api/erasures';

interface Props {
  ws: string;
  erasure: Erasure;
  onClose: () => void;
  onChanged: () => Promise<void>;
}

const COPIES = 'read model ';

/** Read models are one line: which there are is nothing that people know. */
function summed(list: ErasurePlace[]): ErasurePlace[] {
  const copies = list.filter((p) => p.place.startsWith(COPIES));
  const rest = list.filter((p) => !p.place.startsWith(COPIES));
  if (copies.length === 0) return rest;
  return [...rest, { place: 'search, history and other views', count: copies.reduce((n, p) => n + p.count, 0) }];
}

const texts: Record<Erasure['state'], string> = {
  looking: 'Looking through the tables, their history, files and answers…',
  waiting: 'This was found. Nothing is erased yet.',
  erasing: 'Erasing. This goes on by itself, also when you close this.',
  done: 'Everything was erased, and every place was looked through again.',
  cancelled: 'What was found was left as it is.',
  failed: 'The erasure could not be finished.',
};

/** What was found about a person, and what became of it. */
export function ErasureDialog({ ws, erasure, onClose, onChanged }: Props) {
  const [asking, setAsking] = useState(false);
  const act = async (what: () => Promise<void>): Promise<void> => {
    try {
      await what();
      await onChanged();
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    }
  };
  const places = summed((erasure.state === 'done' ? erasure.erased : erasure.found) ?? []);
  if (asking) {
    return (
      <Confirm
        title="Erase this person?"
        action="Erase for good"
        danger
        typed="erase"
        onClose={() => setAsking(false)}
        onConfirm={() => act(() => confirmErasure(ws, erasure.id))}
      >
        <p>Rows, their history, comments, files and recorded answers go for good; this can’t be undone.</p>
        <p>From then on this person’s email addresses and phone numbers are kept out of the workspace.</p>
      </Confirm>
    );
  }
  return (
    <Dialog
      title="Erasure"
      onClose={onClose}
      footer={
        <>
          {erasure.state === 'waiting' && (
            <>
              <Button onClick={() => void act(() => cancelErasure(ws, erasure.id)).catch(() => undefined)}>
                Leave as it is
              </Button>
              <Button variant="danger" onClick={() => setAsking(true)}>
                Erase…
              </Button>
            </>
          )}
          {erasure.certificate && (
            <Button
              icon={<Download size={15} />}
              onClick={() =>
                saveBlob(
                  new Blob([JSON.stringify(erasure.certificate, null, 2)], { type: 'application/json' }),
                  `certificate-${erasure.id}.json`,
                )
              }
            >
              Certificate
            </Button>
          )}
          {erasure.state !== 'waiting' && <Button onClick={onClose}>Close</Button>}
        </>
      }
    >
      <div className="flex flex-col gap-4" aria-busy={underway(erasure)}>
        <Notice tone={erasure.state === 'failed' ? 'danger' : erasure.state === 'done' ? 'success' : 'neutral'}>
          {erasure.error ?? texts[erasure.state]}
        </Notice>
        {places.length > 0 && (
          <DataTable head={['Where', { text: 'Found', numeric: true }]} label="What was found">
            {places.map((p) => (
              <tr key={p.place}>
                <Td>{sentence(p.place)}</Td>
                <Td numeric>{p.count}</Td>
              </tr>
            ))}
          </DataTable>
        )}
      </div>
    </Dialog>
  );
}
