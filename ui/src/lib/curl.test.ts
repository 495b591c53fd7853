import { describe, expect, it } from 'vitest';
import { curlOf } from './curl';

const get = { step: 0, method: 'GET', url: 'https://a.b/c?q=1&key=…', latency_ms: 1 };

describe('curlOf', () => {
  it('names what has to be filled in instead of the secret', () => {
    expect(curlOf({ ...get, headers: { Authorization: '…', Accept: 'application/json' } })).toBe(
      "curl -X GET 'https://a.b/c?q=1&key=YOUR_SECRET' \\\n  -H 'Authorization: YOUR_SECRET' \\\n  -H 'Accept: application/json'",
    );
  });
  it('quotes the body so that the shell leaves it alone', () => {
    expect(curlOf({ ...get, method: 'POST', request: `{"a":"it's $HOME"}` })).toContain(
      `--data-raw '{"a":"it'\\''s $HOME"}'`,
    );
  });
});
