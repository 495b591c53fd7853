import { Copy } from 'lucide-react';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { toast } from '@/lib/toasts';

/** Shows new recovery codes, this once. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog
      title="Keep your recovery codes"
      description="Each signs you in once when your phone is not at hand. They are shown this once."
      onClose={onClose}
      footer={
        <>
          <Button
            icon={<Copy size={14} />}
            onClick={() => void navigator.clipboard.writeText(codes.join('\n')).then(() => toast.success('Copied'))}
          >
            Copy
          </Button>
          <Button variant="primary" onClick={onClose}>
            I have kept them
          </Button>
        </>
      }
    >
      <ul className="grid gap-1.5 rounded-md border border-line bg-sunken p-3 font-mono text-sm sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Dialog>
  );
}
