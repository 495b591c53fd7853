import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { cx } from '@/lib/cx';
import { spelled } from '@/lib/signs';

export interface Anchor {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
export interface PopoverProps {
  anchor: Anchor;
  onClose: () => void;
  label: string;
  align?: 'start' | 'end';
  className?: string;
  children: ReactNode;
  role?: 'dialog' | 'menu' | 'listbox';
  /** False leaves the focus where it is (hover cards). */
  takeFocus?: boolean;
}

const GAP = 4;
const EDGE = 8;

/** A floating panel beside its anchor, kept on the screen, closed by Escape or a press outside. */
export function Popover({
  anchor,
  onClose,
  label,
  align = 'start',
  className,
  children,
  role = 'dialog',
  takeFocus = true,
}: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);

  useLayoutEffect(() => {
    const panel = ref.current;
    if (!panel) return;
    const place = (): void => {
      const { offsetWidth: width, offsetHeight: height } = panel;
      const wanted = align === 'end' ? anchor.right - width : anchor.left;
      const below = anchor.bottom + GAP;
      const fits = below + height <= window.innerHeight - EDGE || anchor.top < height;
      const top = fits
        ? Math.max(EDGE, Math.min(below, window.innerHeight - height - EDGE))
        : anchor.top - height - GAP;
      setAt({ left: Math.max(EDGE, Math.min(wanted, window.innerWidth - width - EDGE)), top });
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(panel);
    return () => observer.disconnect();
  }, [anchor, align]);

  useEffect(() => {
    const panel = ref.current;
    const before = document.activeElement;
    if (takeFocus) (panel?.querySelector<HTMLElement>('[data-autofocus]') ?? panel)?.focus();
    const down = (e: PointerEvent): void => {
      if (e.target instanceof Element && !panel?.contains(e.target) && !e.target.closest('[data-popover]')) onClose();
    };
    document.addEventListener('pointerdown', down, true);
    return () => {
      document.removeEventListener('pointerdown', down, true);
      if (takeFocus && before instanceof HTMLElement && before.isConnected) before.focus();
    };
    // The panel takes and gives back the focus once; a new onClose must not move it again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  return createPortal(
    <div
      ref={ref}
      role={role}
      aria-label={spelled(label)}
      data-popover
      tabIndex={-1}
      style={at ?? { left: -9999, top: 0 }}
      onKeyDown={(e) => {
        if (e.key === 'Escape') {
          e.stopPropagation();
          onClose();
        }
      }}
      className={cx(
        'fixed z-50 max-h-[calc(100dvh-16px)] max-w-[calc(100vw-16px)] overflow-y-auto rounded-lg border border-line bg-raised text-ink shadow-lg outline-none [animation:rise_100ms_ease-out]',
        className,
      )}
    >
      {children}
    </div>,
    document.querySelector('dialog[open]') ?? document.body,
  );
}
