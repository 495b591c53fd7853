/** One member further: the JSONPath (RFC 9535) of a member of an object or an element of a list. */
export function pathOf(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${String(key)}]`;
  return /^[A-Za-z_]\w*$/.test(key) ? `${parent}.${key}` : `${parent}['${key.replace(/['\\]/g, '\\$&')}']`;
}

/** A name for the value at a path: the last member's, in letters, digits and underscores. */
export function nameOfPath(path: string): string {
  const last = [...path.matchAll(/\.(\w+)|\['((?:\\.|[^'\\])*)'\]/g)].at(-1);
  const name = (last?.[1] ?? last?.[2] ?? '')
    .toLowerCase()
    .replace(/\W+/g, '_')
    .replace(/^[\d_]+|_+$/g, '');
  return name || 'value';
}
