import { Sparkles, SquareFunction, TextSearch } from 'lucide-react';
import type { Column, ColumnType } from '@/api/types';
import { typeIconPath } from '@/grid/icons';

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
export function ColumnIcon({ column }: { column: Column }) {
  if (column.kind === 'formula') return <SquareFunction size={14} className="shrink-0" />;
  if (column.kind === 'lookup') return <TextSearch size={14} className="shrink-0" />;
  return column.kind === 'enrichment' ? (
    <Sparkles size={14} className="shrink-0 text-primary" />
  ) : (
    <TypeIcon type={column.type} />
  );
}
