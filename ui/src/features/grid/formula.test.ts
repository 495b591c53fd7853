import { describe, expect, it } from 'vitest';
import type { Column } from '@/api/types';
import { shownFormula } from './formula';

const column = (id: string, name: string): Column => ({ id, name, type: 'text', kind: 'data', created_at: '' });

describe('a formula as it is shown', () => {
  const columns = [column('col_1', 'Price'), column('col_2', 'a {b}')];
  it.each([
    ['{{col_1}} * 2', '{{Price}} * 2'],
    ['{{ col_1 }}', '{{Price}}'],
    ['{{col_2}} + {{col_gone}}', '{{col_2}} + {{col_gone}}'],
    ['"no reference"', '"no reference"'],
  ])('%s', (kept, shown) => {
    expect(shownFormula(kept, columns)).toBe(shown);
  });
});
