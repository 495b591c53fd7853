import type { ReactNode } from 'react';
import { Logo } from '@/components/logo';

export function AuthCard({
  title,
  text,
  children,
  footer,
}: {
  title: string;
  text?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <main className="flex min-h-full items-center justify-center bg-canvas px-4 py-10">
      <div className="w-full max-w-[380px]">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <Logo size={30} />
          <span className="text-xl font-semibold tracking-tight">Morket</span>
        </div>
        <div className="rounded-lg border border-line bg-surface p-6 shadow-md">
          <h1 className="text-lg font-semibold">{title}</h1>
          {text && <p className="mt-1 text-base text-ink-2">{text}</p>}
          <div className="mt-5">{children}</div>
        </div>
        {footer && <p className="mt-4 text-center text-base text-ink-2">{footer}</p>}
      </div>
    </main>
  );
}
