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

describe('a guess', () => {
  const paint = (state: GridRow['states'], value: string | null): HTMLElement => {
    const el = document.createElement('div');
    paintCell(el, { id: 'c', type: 'text' } as Column, { states: state, pending: {} } as unknown as GridRow, value);
    return el;
  };
  it('is shown with a mark, and told how sure it is', () => {
    const el = paint({ c: { state: 'unverified', confidence: 0.624 } }, 'acme.com');
    expect(el.textContent).toBe('acme.com');
    expect(el.classList).toContain('mk-unverified');
    expect(el.getAttribute('aria-description')).toBe('Not verified, 62 % sure');
  });
  it('has no mark where there is no value, and loses it with its state', () => {
    expect(paint({ c: { state: 'unverified' } }, null).classList).not.toContain('mk-unverified');
    expect(paint({}, 'acme.com').getAttribute('aria-description')).toBeNull();
  });
});

describe('a phone number', () => {
  it.each([
    ['+1 201-555-0123 ext. 136', 'tel:+12015550123;ext=136'],
    ['+49 (0)30 123456 Durchwahl -0', 'tel:+4930123456;ext=0'],
    ['(201) 555-0123', 'tel:2015550123'],
    ['+12015550123;ext=7', 'tel:+12015550123;ext=7'],
  ])('%s is shown whole and dialled as %s', (text, href) => {
    const el = document.createElement('div');
    paintCell(el, { id: 'c', type: 'phone' } as Column, { states: {}, pending: {} } as unknown as GridRow, text);
    expect(el.textContent).toBe(text);
    expect(el.querySelector('a')?.getAttribute('href')).toBe(href);
  });
});
