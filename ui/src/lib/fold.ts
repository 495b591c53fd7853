/**
 * Brings texts that a person takes for the same to one form: lists are searched and values compared by it. The server folds by
 * the same rules (domain/kernel/fold.go, where they are explained); both pass domain/kernel/kerneltest/fold.json.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let out = '';
  let base = '';
  for (const ch of text.normalize('NFKD')) {
    if (SHAPELESS.test(ch)) continue;
    if (ACCENT.test(ch)) {
      if (counts(base, ch)) out += ch;
      continue;
    }
    base = ch.toLowerCase();
    out += WRITTEN_OUT[base] ?? base;
  }
  return out === '' ? text : out.normalize('NFC');
}

/** Whether a text holds what somebody looks for. */
export const holds = (text: string, sought: string): boolean => fold(text).includes(fold(sought));

/** Whether two texts are the same to a person. */
export const alike = (a: string, b: string): boolean => fold(a) === fold(b);

/** The same for names of columns that differ in the case of letters only, by Unicode's simple case folding, as on the server. */
export function nameKey(name: string): string {
  return ASCII.test(name) ? name.toLowerCase() : Array.from(name, caseless).join('');
}
function caseless(ch: string): string {
  if (ch === 'ı') return ch;
  const upper = ch.toUpperCase();
  const lower = (Array.from(upper).length === 1 ? upper : ch).toLowerCase();
  return Array.from(lower).length === 1 ? lower : ch;
}

const ASCII = /^[\0-\x7f]*$/;
/** Signs that nobody sees: soft hyphens, zero-width spaces, marks of direction, variants of emoji. */
const SHAPELESS = /[\u00ad\u200b\u2060\ufeff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]|[\ufe00-\ufe0f]/u;
const ACCENT = /[\u0300-\u036f]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\ufe20-\ufe2f]/u;

/** Whether an accent makes another letter of the one before it. One with nothing before it counts. */
function counts(base: string, accent: string): boolean {
  if (base === '') return true;
  if (!/\p{Script=Cyrillic}/u.test(base)) return false;
  if (accent === '\u0300' || accent === '\u0301') return base === 'г' || base === 'к';
  return accent !== '\u0308' || base !== 'е';
}

/** What stands for a letter that no decomposition brings to its plain form. */
const WRITTEN_OUT: Partial<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ς: 'σ',
};
