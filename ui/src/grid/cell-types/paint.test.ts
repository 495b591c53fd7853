import { describe, expect, it } from 'vitest';
import { clockTime } from '@/lib/format';
import type { Column, GridRow } from '../model';
import { paintCell } from './paint';

describe('a cell that waits for a provider', () => {
  it('says until when, and why', () => {
    const until = '2026-05-01T12:05:00Z';
    const el = document.createElement('div');
    const state = { state: 'rate_limited', message: 'http_api: the API answers 429', until } as const;
    paintCell(
      el,
      { id: 'c', type: 'text' } as Column,
      { states: { c: state }, pending: {} } as unknown as GridRow,
      null,
    );
    expect(el.textContent).toBe(`Rate limited until ${clockTime(until)}`);
    expect(el.querySelector('[title]')?.getAttribute('title')).toBe('http_api: the API answers 429');
  });
});
