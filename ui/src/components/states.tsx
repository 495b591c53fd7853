import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { Shown } from './shown';

export interface EmptyProps {
  icon?: ReactNode;
  title: string;
  /** It is all that the page says, so its title is the page's. */
  page?: boolean;
  text?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** What stands where a list would be, with the way to fill it. */
export function Empty({ icon, title, page, text, action, className }: EmptyProps) {
  const Title = page ? 'h1' : 'p';
  return (
    <div className={cx('flex flex-col items-center px-6 py-14 text-center', className)}>
      {icon && (
        <div className="mb-3 flex size-10 items-center justify-center rounded-lg bg-sunken text-ink-3">{icon}</div>
      )}
      <Title className="text-md font-semibold">
        <Shown text={title} />
      </Title>
      {text && <div className="mt-1 max-w-[44ch] text-base text-ink-2">{text}</div>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx('skeleton', className)} />;
}

export function SkeletonRows({ rows = 5 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} className={cx('h-5', i % 3 === 0 ? 'w-full' : i % 3 === 1 ? 'w-11/12' : 'w-4/5')} />
      ))}
    </div>
  );
}

const tones = {
  neutral: 'bg-sunken text-ink-2',
  primary: 'bg-primary-soft text-primary-ink',
  success: 'bg-success-soft text-success-ink',
  warning: 'bg-warning-soft text-warning-ink',
  danger: 'bg-danger-soft text-danger-ink',
};
export type Tone = keyof typeof tones;

export function Badge({
  tone = 'neutral',
  children,
  className,
}: {
  tone?: Tone;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center gap-1 rounded-md px-1.5 text-xs font-medium whitespace-nowrap',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export function Notice({
  tone = 'neutral',
  icon,
  children,
  action,
}: {
  tone?: Tone;
  icon?: ReactNode;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={cx('flex items-center gap-2.5 rounded-md px-3 py-2 text-base', tones[tone])}>
      {icon}
      <div className="min-w-0 flex-1">{typeof children === 'string' ? <Shown text={children} /> : children}</div>
      {action}
    </div>
  );
}

export function Progress({
  value,
  label,
  tone = 'primary',
}: {
  value: number;
  label: string;
  tone?: 'primary' | 'success' | 'danger' | 'warning';
}) {
  const percent = Math.round(Math.max(0, Math.min(1, value)) * 100);
  const fill = { primary: 'bg-primary', success: 'bg-success', danger: 'bg-danger', warning: 'bg-warning' }[tone];
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1.5 w-full overflow-hidden rounded-full bg-active"
    >
      <div
        className={cx('h-full rounded-full transition-[width] duration-300', fill)}
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded border border-line-strong bg-sunken px-1 font-sans text-xs text-ink-2">{children}</kbd>
  );
}
