import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

/** The frame of every page but the grid: title, actions, content in a readable width. */
export function Page({
  title,
  text,
  actions,
  children,
  wide,
}: {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <div className="h-full overflow-y-auto">
      <div className={cx('mx-auto px-4 py-6 sm:px-8', wide ? 'max-w-[1200px]' : 'max-w-[880px]')}>
        <header className="mb-5 flex flex-wrap items-start justify-between gap-3">
          <div className="min-w-0">
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            {text && <p className="mt-0.5 text-base text-ink-2">{text}</p>}
          </div>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
        <div className="flex flex-col gap-5">{children}</div>
      </div>
    </div>
  );
}

export function Card({
  title,
  text,
  actions,
  children,
  flush,
  className,
}: {
  title?: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
}) {
  return (
    <section className={cx('overflow-hidden rounded-lg border border-line bg-surface shadow-sm', className)}>
      {title && (
        <header className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-3">
          <div>
            <h2 className="text-md font-semibold">{title}</h2>
            {text && <p className="text-sm text-ink-3">{text}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}

/** The head of a column; `numeric` puts it over numbers, which stand at the right. */
export type Head = string | { text: string; numeric: true };

/** A plain table; on narrow screens it scrolls sideways within its card. */
export function DataTable({ head, children, label }: { head: Head[]; children: ReactNode; label: string }) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left text-base">
        <thead>
          <tr className="border-b border-line bg-sunken text-sm text-ink-3">
            {head.map((h, i) => {
              const text = typeof h === 'string' ? h : h.text;
              return (
                <th
                  key={text || `c${i}`}
                  scope="col"
                  className={cx('px-4 py-2 font-medium whitespace-nowrap', typeof h !== 'string' && 'text-right')}
                >
                  {text || <span className="sr-only">Actions</span>}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-0">{children}</tbody>
      </table>
    </div>
  );
}
export function Td({ children, numeric, className }: { children?: ReactNode; numeric?: boolean; className?: string }) {
  return <td className={cx('px-4 py-2.5 align-middle', numeric && 'tnum text-right', className)}>{children}</td>;
}
