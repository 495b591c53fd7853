import { useState, type ReactNode } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field, Input } from './field';

export interface ConfirmProps {
  title: string;
  children?: ReactNode;
  action: string;
  danger?: boolean;
  /** Must be typed before the action is possible. */
  typed?: string;
  onConfirm: () => Promise<unknown> | undefined;
  onClose: () => void;
}

/** Asks before something is done; stays open with a spinner until it is, and open when it fails. */
export function Confirm({ title, children, action, danger, typed, onConfirm, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [text, setText] = useState('');
  const run = async (): Promise<void> => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch {
      setBusy(false); // the caller has told why
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={busy || (typed !== undefined && text !== typed)}
            onClick={() => void run()}
            autoFocus={!typed}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-base text-ink-2">
        {children}
        {typed !== undefined && (
          <Field label={`Type “${typed}” to confirm`}>
            {(ids) => <Input {...ids} value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" />}
          </Field>
        )}
      </div>
    </Dialog>
  );
}
