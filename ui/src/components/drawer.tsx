import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './button';
import { Shown } from './shown';
import { cx } from '@/lib/cx';
import { spelled } from '@/lib/signs';

/** What opens at the right of a page; on a narrow screen it covers the page. */
export function Drawer({
  title,
  actions,
  wide,
  footer,
  onClose,
  children,
}: {
  title: string;
  actions?: ReactNode;
  wide?: boolean;
  /** Stays below what scrolls. */
  footer?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside
      aria-label={spelled(title)}
      onKeyDown={(e) => {
        if (e.key === 'Escape') onClose();
      }}
      className={cx(
        'fixed inset-0 z-30 flex flex-col border-l border-line bg-surface [animation:slide-in_140ms_ease-out] sm:static sm:shrink-0',
        wide ? 'sm:w-[460px]' : 'sm:w-[360px]',
      )}
    >
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-3">
        <h2 className="min-w-0 flex-1 truncate text-md font-semibold">
          <Shown text={title} />
        </h2>
        {actions}
        <IconButton label="Close" size="sm" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
      {footer}
    </aside>
  );
}
