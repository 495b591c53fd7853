import { Check } from 'lucide-react';
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { fold } from '@/lib/fold';
import { Popover, type Anchor } from './popover';
import { Shown } from './shown';

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  hint?: string;
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}
/** A null is a line between groups. */
export type MenuEntry = MenuItem | null;

export interface MenuProps {
  anchor: Anchor;
  label: string;
  items: MenuEntry[];
  onClose: () => void;
  align?: 'start' | 'end';
  header?: ReactNode;
}

/** A menu with arrow keys, Home, End and type-ahead. */
export function Menu({ anchor, label, items, onClose, align, header }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  const move = (e: KeyboardEvent): void => {
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? [])];
    const now = buttons.findIndex((b) => b === document.activeElement);
    let next = -1;
    if (e.key === 'ArrowDown') next = (now + 1) % buttons.length;
    else if (e.key === 'ArrowUp') next = (now - 1 + buttons.length) % buttons.length;
    else if (e.key === 'Home') next = 0;
    else if (e.key === 'End') next = buttons.length - 1;
    else if (e.key === 'Tab') onClose();
    else if (/^[\p{L}\p{N}]$/u.test(e.key)) {
      next = buttons.findIndex((b, i) => i > now && fold(b.textContent).startsWith(fold(e.key)));
    }
    if (next < 0) return;
    e.preventDefault();
    buttons[next]?.focus();
  };
  return (
    <Popover
      anchor={anchor}
      label={label}
      onClose={onClose}
      role="menu"
      className="min-w-48 p-1"
      {...(align ? { align } : {})}
    >
      {header}
      <div ref={list} onKeyDown={move}>
        {items.map((item, i) =>
          item === null ? (
            <div key={`line-${String(i)}`} role="separator" className="my-1 h-px bg-line" />
          ) : (
            <MenuButton key={item.label} item={item} first={i === 0} onClose={onClose} />
          ),
        )}
      </div>
    </Popover>
  );
}

function MenuButton({ item, first, onClose }: { item: MenuItem; first: boolean; onClose: () => void }) {
  return (
    <button
      type="button"
      role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
      aria-checked={item.checked}
      disabled={item.disabled}
      data-autofocus={first ? '' : undefined}
      onClick={() => {
        onClose();
        item.onSelect();
      }}
      className={cx(
        'flex h-8 w-full items-center gap-2.5 rounded-md px-2 text-left text-base outline-none hover:bg-hover focus:bg-hover disabled:opacity-40',
        item.danger ? 'text-danger-ink' : 'text-ink',
      )}
    >
      <span className={cx('flex w-4 justify-center', !item.danger && 'text-ink-3')}>
        {item.checked ? <Check size={14} /> : item.icon}
      </span>
      <span className="flex-1 truncate">
        <Shown text={item.label} />
      </span>
      {item.hint && <span className="text-sm text-ink-3">{item.hint}</span>}
    </button>
  );
}

export interface MenuButtonProps {
  label: string;
  items: MenuEntry[];
  align?: 'start' | 'end';
  header?: ReactNode;
  trigger: (props: {
    onClick: (e: { currentTarget: Element }) => void;
    'aria-haspopup': 'menu';
    'aria-expanded': boolean;
  }) => ReactNode;
}

/** A control that opens a menu below itself. */
export function MenuTrigger({ label, items, align, header, trigger }: MenuButtonProps) {
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  return (
    <>
      {trigger({
        onClick: (e) => setAnchor(anchor ? null : e.currentTarget.getBoundingClientRect()),
        'aria-haspopup': 'menu',
        'aria-expanded': anchor !== null,
      })}
      {anchor && (
        <Menu
          anchor={anchor}
          label={label}
          items={items}
          onClose={() => setAnchor(null)}
          header={header}
          {...(align ? { align } : {})}
        />
      )}
    </>
  );
}
