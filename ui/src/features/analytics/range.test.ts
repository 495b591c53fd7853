import { describe, expect, it } from 'vitest';
import { moved } from './components/controls';

const at = (date: string) => `${date}T00:00:00Z`;
const may = { from: at('2026-05-01'), to: at('2026-06-01') };

describe('an end of the range', () => {
  it.each([
    ['from', '2026-05-10', '2026-05-10', '2026-06-01'],
    ['from', '2020-01-01', '2020-01-01', '2020-12-31'],
    ['from', '2026-07-01', '2026-07-01', '2026-07-02'],
    ['to', '2028-01-01', '2027-01-01', '2028-01-01'],
    ['to', '2026-05-01', '2026-04-30', '2026-05-01'],
  ] as const)('%s moved to %s', (end, date, from, to) =>
    expect(moved(may, end, date)).toEqual({ from: at(from), to: at(to) }),
  );
});
