import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';

// The files that the server writes as Parquet are read here by a reader that shares nothing with what wrote them.
const folder = resolve(import.meta.dirname, '../../../adapters/files/parquetfile/testdata');

interface Fixture {
  Zed: string | null;
  Small: string | null;
  Large: string | null;
  Yes: boolean | null;
  Day: string | null;
  At: string | null;
  Tags: string[] | null;
  Data: string | null;
}

test('a Parquet file of every kind of column is read back as it was', async () => {
  const want = JSON.parse(readFileSync(resolve(folder, 'types.json'), 'utf8')) as Fixture[];
  const bytes = readFileSync(resolve(folder, 'types.parquet'));
  const file = new ArrayBuffer(bytes.length);
  new Uint8Array(file).set(bytes);
  const rows = await parquetReadObjects({ file });
  expect(rows).toHaveLength(want.length);
  want.forEach((row, i) => {
    const got = rows[i] ?? {};
    expect(Object.keys(got)).toEqual(Object.keys(row));
    expect(got.Zed ?? null).toBe(row.Zed);
    expect(got.Yes ?? null).toBe(row.Yes);
    expect(got.Tags ?? null).toEqual(row.Tags);
    expect(got.Data ?? null).toEqual(row.Data === null ? null : JSON.parse(row.Data));
    for (const column of ['Small', 'Large'] as const) {
      const number = row[column];
      if (number === null) expect(got[column] ?? null).toBeNull();
      else expect(got[column]).toBeCloseTo(Number(number), 10); // this reader makes doubles of decimals
    }
    expect(day(got.Day)).toBe(row.Day);
    expect(moment(got.At)).toBe(row.At === null ? null : new Date(row.At).getTime());
  });
});

function day(value: unknown): string | null {
  return value instanceof Date ? value.toISOString().slice(0, 10) : null;
}

function moment(value: unknown): number | null {
  return value instanceof Date ? value.getTime() : null;
}
