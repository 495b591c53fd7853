import { Copy } from 'lucide-react';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import type { Shown } from '../api/webhooks';

/** Shows a signing secret, this once. */
export function SecretDialog({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  const secret = shown.secret ?? '';
  return (
    <Dialog
      title="Copy the signing secret now"
      description={
        shown.old_secret_until
          ? `It is not shown again. The old one signs too until ${dateTime(shown.old_secret_until)}.`
          : 'It is not shown again. The receiver checks the header webhook-signature with it.'
      }
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded-md border border-line bg-sunken px-3 py-2 font-mono text-sm break-all">
          {secret}
        </code>
        <Button
          icon={<Copy size={14} />}
          onClick={() => void navigator.clipboard.writeText(secret).then(() => toast.success('Copied'))}
        >
          Copy
        </Button>
      </div>
    </Dialog>
  );
}
