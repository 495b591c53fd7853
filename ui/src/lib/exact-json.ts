/**
 * JSON whose numbers stay what they are: one that a double can't hold, such as 9007199254740993, is kept as the text of its
 * digits, which JSON.stringify writes as the number again. Browsers that have no raw JSON yet (it came with Chrome 114,
 * Firefox 135 and Safari 18.4) read such numbers as doubles.
 */
interface RawJSON {
  rawJSON?: (text: string) => object;
}

const LONG = /\d[\d.]{15}|\d[eE]/;

export function parseExact(text: string, keep: (source: string, value: number) => boolean = inexact): unknown {
  const { rawJSON } = JSON as RawJSON;
  if (!rawJSON || (keep === inexact && !LONG.test(text))) return JSON.parse(text);
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, at: { source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_, value, at) =>
    typeof value === 'number' && at.source !== undefined && keep(at.source, value) ? rawJSON(at.source) : value,
  );
}

/** Reports whether a double is another number than the one written. */
export function inexact(source: string, value: number): boolean {
  return source !== String(value) && digits(source) !== digits(String(value));
}

/** Reports whether a number is written otherwise than programs write it, be it the same or not. */
export const otherwise = (source: string, value: number): boolean => source !== String(value);

/** A number's digits and the power of ten of their end: 1.50e3 and 1500 have the same. */
function digits(n: string): string {
  const m = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(n);
  if (!m) return n;
  const [, sign = '', whole = '', frac = '', exp = '0'] = m;
  const all = (whole + frac).replace(/^0+/, '');
  const kept = all.replace(/0+$/, '');
  return kept === '' ? '0' : `${sign}${kept}e${String(Number(exp) - frac.length + all.length - kept.length)}`;
}
