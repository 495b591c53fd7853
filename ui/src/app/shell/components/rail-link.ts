import { cx } from '@/lib/cx';

/** The look of a link of the rail, and of the one that is open. */
export const railLink = ({ isActive }: { isActive: boolean }): string =>
  cx(
    'flex h-8 items-center gap-2.5 rounded-md px-2 text-base transition-colors',
    isActive ? 'bg-primary-soft font-medium text-primary-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
  );
