import { describe, expect, it } from 'vitest';
import { copyName } from './copy-name';

describe('the name of a copy', () => {
  it('is free', () => {
    expect(copyName('Leads', ['Leads'])).toBe('Leads copy');
    expect(copyName('Leads', ['leads COPY', 'Leads copy 2'])).toBe('Leads copy 3');
  });
  it('is no longer than a name may be', () => {
    expect(copyName('x'.repeat(100), [])).toHaveLength(100);
  });
});
