import raw from './words.json';

/** The words of many languages by their meaning, as the server has them (domain/table/words.json). */
export interface Words {
  months: ReadonlyMap<string, number>;
  weekdays: ReadonlyMap<string, number>;
  booleans: ReadonlyMap<string, boolean>;
  days: ReadonlyMap<string, number>;
  zones: ReadonlyMap<string, string>;
  currencies: ReadonlyMap<string, readonly string[]>;
}

const list = (s: string): string[] => s.split(/\s+/).filter(Boolean);

function numbered(lists: string[]): Map<string, number> {
  return new Map(lists.flatMap((l, i) => list(l).map((word): [string, number] => [word, i + 1])));
}

function booleans(): Map<string, boolean> {
  const out = new Map<string, boolean>();
  for (const pair of raw.booleans.flatMap(list)) {
    const [yes = '', no = ''] = pair.split('/');
    out.set(yes, true);
    if (no) out.set(no, false);
  }
  return out;
}

function days(): Map<string, number> {
  const of = (s: string, n: number): [string, number][] => list(s).map((word) => [word, n]);
  return new Map([...of(raw.today, 0), ...of(raw.tomorrow, 1), ...of(raw.yesterday, -1)]);
}

function currencies(): Map<string, string[]> {
  const out = new Map(list(raw.currency_codes).map((code): [string, string[]] => [code.toLowerCase(), [code]]));
  for (const [sign, codes] of Object.entries(raw.currency_signs)) out.set(sign.toLowerCase(), list(codes));
  return out;
}

/** The currencies that an amount may name (ISO 4217). */
export const currencyCodes: readonly string[] = list(raw.currency_codes);

export const words: Words = {
  months: numbered(raw.months),
  weekdays: numbered(raw.weekdays),
  booleans: booleans(),
  days: days(),
  zones: new Map(Object.entries(raw.zones)),
  currencies: currencies(),
};
