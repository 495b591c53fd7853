import { cx } from '@/lib/cx';
import { partsOfError } from '@/lib/cell-error';

/** Why a cell has no answer: who failed, by its name, and what it said. */
export function Failure({
  message,
  nameOf,
  className,
}: {
  message: string;
  nameOf: (slug: string) => string;
  className?: string;
}) {
  const { provider, text } = partsOfError(message);
  return (
    <p className={cx('break-words', className)}>
      {provider && <span className="mr-1.5 font-medium">{nameOf(provider)}</span>}
      {text}
    </p>
  );
}
