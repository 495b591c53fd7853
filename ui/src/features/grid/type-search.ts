import { COLUMN_TYPES } from '@/grid/column-types';
import type { ColumnType } from '@/grid/model';
import { holds } from '@/lib/fold';

/** Other words by which a type is looked for. */
const WORDS: Partial<Record<ColumnType, string>> = {
  text: 'string single line',
  long_text: 'notes paragraph multiline',
  number: 'integer decimal amount quantity',
  currency: 'money price euro dollar revenue',
  percent: '% rate share',
  boolean: 'yes no true false tick boolean',
  date: 'day calendar',
  datetime: 'time timestamp',
  email: 'mail address',
  url: 'url website web address domain',
  phone: 'telephone mobile',
  select: 'dropdown choice status option single',
  multi_select: 'tags labels choices options several',
  json: 'object structured data',
  created_at: 'time date added',
  updated_at: 'changed time date edited',
  created_by: 'person author added',
  updated_by: 'person changed edited',
  row_id: 'key identifier',
};

/** The types whose name or other words hold each word of the text. */
export function typesLike(text: string, types: readonly ColumnType[]): { type: ColumnType; label: string }[] {
  const words = text.trim().split(/\s+/).filter(Boolean);
  return COLUMN_TYPES.filter((t) => types.includes(t.type)).filter((t) =>
    words.every((w) => holds(`${t.label} ${WORDS[t.type] ?? ''}`, w)),
  );
}
