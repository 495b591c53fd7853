import { describe, expect, it } from 'vitest';
import { partsOfError } from './cell-error';

describe('the error of a cell', () => {
  it.each([
    ['email_check: no answer in time', 'email_check', 'no answer in time'],
    ['http_api: the answer was 500: try later', 'http_api', 'the answer was 500: try later'],
    ["the condition can't be decided: no such column", null, "the condition can't be decided: no such column"],
    ['no step’s condition is met', null, 'no step’s condition is met'],
  ])('%s', (message, provider, text) => expect(partsOfError(message)).toEqual({ provider, text }));
});
