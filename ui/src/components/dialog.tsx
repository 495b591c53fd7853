import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { Button, IconButton } from './button';
import { Shown } from './shown';

export interface DialogProps {
  title: string;
  description?: ReactNode;
  onClose: () => void;
  children?: ReactNode;
  footer?: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'xl';
}

const widths = { sm: 'max-w-[420px]', md: 'max-w-[560px]', lg: 'max-w-[800px]', xl: 'max-w-[1040px]' };

/** A modal dialog on the browser's own element: it keeps the focus inside and gives it back. */
export function Dialog({ title, description, onClose, children, footer, size = 'sm' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // What React focuses while the dialog is closed does not get the focus.
      dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onMouseDown={(e) => {
        if (e.target === ref.current) onClose();
      }}
      onKeyDown={(e) => e.stopPropagation()}
      className={cx(
        'm-auto max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)] overflow-hidden rounded-lg border border-line bg-raised p-0 text-ink shadow-lg [animation:rise_120ms_ease-out] open:flex open:flex-col',
        widths[size],
      )}
    >
      <header className="flex items-start gap-3 border-b border-line px-5 py-3.5">
        <div className="min-w-0 flex-1">
          <h2 id={id} className="line-clamp-3 text-lg font-semibold break-words">
            <Shown text={title} />
          </h2>
          {description && <div className="mt-0.5 text-base text-ink-2">{description}</div>}
        </div>
        <IconButton label="Close" size="sm" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {children && <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>}
      {footer && (
        <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-sunken px-5 py-3">{footer}</footer>
      )}
    </dialog>
  );
}

/** The footer of a dialog that does one thing. */
export function DialogActions({
  onCancel,
  onSubmit,
  busy,
  disabled,
  children,
}: {
  onCancel: () => void;
  onSubmit: () => void;
  busy: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <>
      <Button onClick={onCancel}>Cancel</Button>
      <Button variant="primary" busy={busy} disabled={disabled} onClick={onSubmit}>
        {children}
      </Button>
    </>
  );
}
