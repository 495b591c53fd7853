/** The patterns of event types in a text with commas or spaces between them. */
export function patterns(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** How many of the types the text's patterns choose; the rule is the server's: * is anything, the version may be left out. */
export function matching(text: string, types: string[]): number {
  const rules = patterns(text).map(
    (p) =>
      new RegExp(
        `^${p
          .split('*')
          .map((s) => s.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
      ),
  );
  return types.filter((t) => rules.some((r) => r.test(t) || r.test(t.replace(/\.v\d+$/, '')))).length;
}

/** A pattern for each aggregate that has events: table.*, run.*, … */
export function starts(types: string[]): string[] {
  return [...new Set(types.map((t) => `${t.split('.')[0] ?? ''}.*`))];
}
