import { Sparkles } from 'lucide-react';
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
  return column.kind === 'enrichment' ? (
    <Sparkles size={14} className="shrink-0 text-primary" />
  ) : (
    <TypeIcon type={column.type} />
  );
}

export const COLUMN_TYPES: { type: ColumnType; label: string }[] = [
  { type: 'text', label: 'Text' },
  { type: 'long_text', label: 'Long text' },
  { type: 'number', label: 'Number' },
  { type: 'currency', label: 'Currency' },
  { type: 'percent', label: 'Percent' },
  { type: 'boolean', label: 'Checkbox' },
  { type: 'date', label: 'Date' },
  { type: 'datetime', label: 'Date and time' },
  { type: 'email', label: 'Email' },
  { type: 'url', label: 'Link' },
  { type: 'phone', label: 'Phone' },
  { type: 'select', label: 'Select' },
  { type: 'multi_select', label: 'Multi-select' },
  { type: 'json', label: 'JSON' },
  { type: 'created_at', label: 'Created at' },
  { type: 'updated_at', label: 'Changed at' },
  { type: 'created_by', label: 'Created by' },
  { type: 'updated_by', label: 'Changed by' },
  { type: 'row_id', label: 'Row id' },
];
/** The types that a person may choose for data. */
export const DATA_TYPES = COLUMN_TYPES.slice(0, 14);
