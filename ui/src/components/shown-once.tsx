import { Copy } from 'lucide-react';
import { toast } from '@/lib/toasts';
import { Button } from './button';
import { Dialog } from './dialog';

/** Shows a secret that can't be shown again, to be copied. */
export function ShownOnce({
  title,
  description,
  secret,
  onClose,
}: {
  title: string;
  description: string;
  secret: string;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      description={description}
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
