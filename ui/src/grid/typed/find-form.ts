import type { Column } from '../model';
import type { Form } from './form';
import { scanNumber } from './numbers';
import { readDate, readMoment, type Reading } from './times';

/**
 * The form in which the texts that come into a column together are written, when the column has none of its own: the one that
 * more of them fit. Nothing is returned while they leave it open; the default of the column holds then, and a date that could
 * be two is refused.
 */
export function findForm(column: Column, texts: readonly string[], reading: Reading): Form | undefined {
  const written = texts.map((t) => t.trim()).filter(Boolean);
  switch (column.type) {
    case 'number':
    case 'currency':
    case 'percent': {
      if (column.form?.decimal) return column.form;
      const fits = (sign: 'point' | 'comma'): number => written.filter((t) => scanNumber(t, sign) !== null).length;
      return fits('comma') > fits('point') ? { ...column.form, decimal: 'comma' } : column.form;
    }
    case 'date':
    case 'datetime': {
      if (column.form?.date_order) return column.form;
      const read = column.type === 'date' ? readDate : readMoment;
      const fits = (date_order: 'dmy' | 'mdy' | 'ymd'): number =>
        written.filter((t) => read({ ...column.form, date_order }, t, reading).ok).length;
      const [dmy, mdy, ymd] = [fits('dmy'), fits('mdy'), fits('ymd')];
      if (ymd > dmy && ymd > mdy) return { ...column.form, date_order: 'ymd' };
      if (dmy > mdy) return { ...column.form, date_order: 'dmy' };
      if (mdy > dmy) return { ...column.form, date_order: 'mdy' };
      return column.form;
    }
    default:
      return column.form;
  }
}
