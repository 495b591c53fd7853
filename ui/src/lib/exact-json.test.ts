import { describe, expect, it } from 'vitest';
import { parseExact } from './exact-json';

describe('exact JSON', () => {
  it.each([
    '{"id":9007199254740993}',
    '[11234567800033596096,0.12345678901234567890]',
    '{"a":{"b":[1e400]}}',
    '12345678901234567890123456789012345678',
  ])('keeps %s', (text) => {
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });
  it.each([
    ['1e2', 100],
    ['1.50', 1.5],
    ['0.0000001', 1e-7],
    ['1234567890123450', 1234567890123450],
    ['-0.0', -0],
    ['"9007199254740993"', '9007199254740993'],
  ])('reads %s as a plain value', (text, value) => {
    expect(parseExact(text)).toEqual(value);
  });
  it('fails like JSON.parse', () => {
    expect(() => parseExact('{"a":9007199254740993')).toThrow(SyntaxError);
  });
});
