import { useState } from 'react';
import type { SyncRun } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Checkbox } from '@/components/field';
import { plural } from '@/lib/format';

export interface ReverseDialogProps {
  run: SyncRun;
  vendor: string;
  onReverse: (dry: boolean, archive: boolean) => Promise<unknown>;
  onClose: () => void;
}

/** Asks how a push is to be taken back; a dry run comes first unless it is left out knowingly. */
export function ReverseDialog({ run, vendor, onReverse, onClose }: ReverseDialogProps) {
  const [archive, setArchive] = useState(false);
  const [busy, setBusy] = useState<'dry' | 'real' | null>(null);
  const go = async (dry: boolean): Promise<void> => {
    setBusy(dry ? 'dry' : 'real');
    try {
      await onReverse(dry, archive);
      onClose();
    } catch {
      setBusy(null); // the caller has told why
    }
  };
  const { created, updated } = run.counts;
  return (
    <Dialog
      title="Reverse this push?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button busy={busy === 'dry'} disabled={busy !== null} onClick={() => void go(true)}>
            Dry run
          </Button>
          <Button variant="danger" busy={busy === 'real'} disabled={busy !== null} onClick={() => void go(false)}>
            Reverse
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-base text-ink-2">
        <p>
          {plural(updated, 'record')} in {vendor} get their earlier values back, field by field. Where a value was
          changed in {vendor} since, it is left alone.
        </p>
        {created > 0 && (
          <Checkbox
            label={`Also archive the ${plural(created, 'record')} that the push made`}
            hint="Only those that nothing was changed in since."
            checked={archive}
            onChange={(e) => setArchive(e.target.checked)}
          />
        )}
      </div>
    </Dialog>
  );
}
