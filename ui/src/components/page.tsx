import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { Shown } from './shown';

/** The frame of every page but the grid: title, actions, content in a readable width. All begin at the same left edge. */
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
      <div className="mx-auto max-w-[1200px] px-4 py-5 sm:px-8 sm:py-6">
        <div className={wide ? '' : 'max-w-[880px]'}>
          <header className="mb-5 flex flex-wrap items-start justify-between gap-3">
            <div className="min-w-0">
              <h1 className="text-xl font-semibold tracking-tight">
                <Shown text={title} />
              </h1>
              {text && <p className="mt-0.5 text-base text-ink-2">{text}</p>}
            </div>
            {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
          </header>
          <div className="flex flex-col gap-5">{children}</div>
        </div>
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
          <div className="min-w-0 flex-1 basis-40">
            <h2 className="text-md font-semibold">
              <Shown text={title} />
            </h2>
            {text && <p className="text-sm text-ink-3">{text}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}

/**
 * The head of a column; `numeric` puts it over numbers, which stand at the right, `wide` leaves the column out on narrow
 * screens.
 */
export type Head = string | { text: string; numeric?: true; wide?: true };

/** By the number of the column, since Tailwind makes only classes that it finds written out. */
const leftOut = [
  'max-sm:[&_tr>:nth-child(1)]:hidden',
  'max-sm:[&_tr>:nth-child(2)]:hidden',
  'max-sm:[&_tr>:nth-child(3)]:hidden',
  'max-sm:[&_tr>:nth-child(4)]:hidden',
  'max-sm:[&_tr>:nth-child(5)]:hidden',
  'max-sm:[&_tr>:nth-child(6)]:hidden',
  'max-sm:[&_tr>:nth-child(7)]:hidden',
  'max-sm:[&_tr>:nth-child(8)]:hidden',
];

/**
 * A plain table; what does not fit scrolls sideways within its card. Where rows are forms, `stacked` puts their cells below each
 * other on narrow screens.
 */
export function DataTable({
  head,
  children,
  label,
  stacked,
}: {
  head: Head[];
  children: ReactNode;
  label: string;
  stacked?: boolean;
}) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table
        className={cx(
          'w-full text-left text-base',
          stacked &&
            'max-sm:block max-sm:[&_tbody]:block max-sm:[&_td]:block max-sm:[&_td]:max-w-none max-sm:[&_td]:px-4 max-sm:[&_td]:py-1.5 max-sm:[&_thead]:sr-only max-sm:[&_tr]:block max-sm:[&_tr]:py-2',
          ...head.map((h, i) => typeof h !== 'string' && h.wide && leftOut[i]),
        )}
      >
        <thead>
          <tr className="border-b border-line bg-sunken text-sm text-ink-3">
            {head.map((h, i) => {
              const text = typeof h === 'string' ? h : h.text;
              return (
                <th
                  key={text || `c${i}`}
                  scope="col"
                  className={cx(
                    'px-3 py-2 font-medium whitespace-nowrap first:pl-4 last:pr-4 sm:px-4',
                    typeof h !== 'string' && h.numeric && 'text-right',
                  )}
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
  return (
    <td
      className={cx('px-3 py-2.5 align-middle first:pl-4 last:pr-4 sm:px-4', numeric && 'tnum text-right', className)}
    >
      {typeof children === 'string' ? <Shown text={children} /> : children}
    </td>
  );
}
