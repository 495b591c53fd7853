import { typeIconPath } from './icons';
import type { ColumnType } from './model';

export function TypeIcon({ type, size = 14 }: { type: ColumnType; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
      className="shrink-0"
    >
      <path d={typeIconPath(type)} />
    </svg>
  );
}
