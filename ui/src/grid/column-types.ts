import type { ColumnType } from './model';

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
  { type: 'created_at', label: 'Created' },
  { type: 'updated_at', label: 'Last modified' },
  { type: 'created_by', label: 'Created by' },
  { type: 'updated_by', label: 'Last modified by' },
  { type: 'row_id', label: 'Row id' },
];
/** The types that a person may choose for data. */
export const DATA_TYPES = COLUMN_TYPES.slice(0, 14);
