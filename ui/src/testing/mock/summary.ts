import type { ColumnSummary, Row } from '../../api/types.ts';

/** A column's summary as the server makes it, for numbers and for texts. */
export function summarise(rows: readonly Row[], columnId: string): ColumnSummary {
  const values = rows.map((r) => r.cells[columnId] ?? null).filter((v) => v !== null);
  const counts = new Map(values.map((v) => [v, values.filter((w) => w === v).length]));
  const out: ColumnSummary = { rows: rows.length, filled: values.length, distinct: counts.size };
  const numbers = values.filter((v) => typeof v === 'number');
  if (values.length === 0) return out;
  if (numbers.length < values.length) {
    const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
    return { ...out, top: top.map(([value, count]) => ({ value, count })) };
  }
  const [min, max, sum] = [Math.min(...numbers), Math.max(...numbers), numbers.reduce((a, b) => a + b, 0)];
  const width = (max - min) / 20;
  const bucket = (v: number): number => Math.min(19, Math.floor((v - min) / width));
  return {
    ...out,
    ...{ sum: String(sum), average: String(sum / numbers.length), min, max },
    histogram: Array.from({ length: 20 }, (_, i) => ({
      from: min + i * width,
      count: numbers.filter((v) => bucket(v) === i).length,
    })),
  };
}
