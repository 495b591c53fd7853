import { Sparkles, SquareFunction, TextSearch } from 'lucide-react';
import type { Column } from '@/api/types';
import { TypeIcon } from '@/grid/type-icon';

export function ColumnIcon({ column }: { column: Column }) {
  if (column.kind === 'formula') return <SquareFunction size={14} className="shrink-0" />;
  if (column.kind === 'lookup') return <TextSearch size={14} className="shrink-0" />;
  return column.kind === 'enrichment' ? (
    <Sparkles size={14} className="shrink-0 text-primary" />
  ) : (
    <TypeIcon type={column.type} />
  );
}
