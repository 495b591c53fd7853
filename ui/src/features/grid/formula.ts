import type { Column } from '@/api/types';

const REFERENCE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** A reference as it is written: by the column's name, or by its id where the name can't stand between braces. */
export function referenceTo(column: Column): string {
  return `{{${/[{}]/.test(column.name) || column.name.trim() !== column.name ? column.id : column.name}}}`;
}

/** A kept formula as people read it: with the columns' names in the places of their ids. */
export function shownFormula(expression: string, columns: readonly Column[]): string {
  return expression.replace(REFERENCE, (whole, id: string) => {
    const column = columns.find((c) => c.id === id);
    return column ? referenceTo(column) : whole;
  });
}
