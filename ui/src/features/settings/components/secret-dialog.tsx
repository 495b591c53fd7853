import { ShownOnce } from '@/components/shown-once';
import { dateTime } from '@/lib/format';
import type { Shown } from '../api/webhooks';

/** Shows a signing secret, this once. */
export function SecretDialog({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  return (
    <ShownOnce
      title="Copy the signing secret now"
      description={
        shown.old_secret_until
          ? `It is not shown again. The old one signs too until ${dateTime(shown.old_secret_until)}.`
          : 'It is not shown again. The receiver checks the header webhook-signature with it.'
      }
      secret={shown.secret ?? ''}
      onClose={onClose}
    />
  );
}
