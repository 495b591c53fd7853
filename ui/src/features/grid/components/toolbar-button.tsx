import { useState, type ReactNode } from 'react';
import { Popover, type Anchor } from '@/components/popover';
import { cx } from '@/lib/cx';

export interface ToolbarButtonProps {
  icon: ReactNode;
  label: string;
  /** How many of these are active; shown and tinted when not zero. */
  active: number;
  text?: string;
  children: (close: () => void) => ReactNode;
}

export function ToolbarButton({ icon, label, active, text, children }: ToolbarButtonProps) {
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  const close = (): void => setAnchor(null);
  return (
    <>
      <button
        type="button"
        data-popover
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        aria-label={active > 0 ? `${label}, ${active} active` : label}
        onClick={(e) => setAnchor(anchor ? null : e.currentTarget.getBoundingClientRect())}
        className={cx(
          'inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-sm font-medium transition-colors',
          active > 0 ? 'bg-primary-soft text-primary-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
          anchor && active === 0 && 'bg-hover text-ink',
        )}
      >
        {icon}
        <span className="hidden sm:inline">{text ?? label}</span>
        {active > 0 && <span className="tnum">{active}</span>}
      </button>
      {anchor && (
        <Popover anchor={anchor} label={label} onClose={close}>
          {children(close)}
        </Popover>
      )}
    </>
  );
}
