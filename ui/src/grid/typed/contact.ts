/** The same checks as domain/table/contact.go; both pass testdata/typed-text.json. */
const SPACE_OR_CONTROL = /[\s\u0085\p{Cc}]/u;

export function isEmail(s: string): boolean {
  const at = s.indexOf('@');
  const domain = s.slice(at + 1);
  return (
    at > 0 &&
    new TextEncoder().encode(s).length <= 254 &&
    !domain.includes('@') &&
    domain.replace(/^\.+|\.+$/g, '').includes('.') &&
    !SPACE_OR_CONTROL.test(s) &&
    !/[<>(),;:"[\]]/.test(s)
  );
}

export function isWebAddress(s: string): boolean {
  if (SPACE_OR_CONTROL.test(s)) return false;
  const full = s.includes('://') ? s : `https://${s}`;
  const m = /^https?:\/\/([^/?#]*)([^?#]*)/i.exec(full);
  if (!m || /%(?![0-9a-f]{2})/i.test(m[2] ?? '')) return false;
  const [, named = ''] = m;
  if (full !== s && named.includes('@')) return false; // an email address
  const authority = named.slice(named.lastIndexOf('@') + 1);
  const host = /^(\[[0-9a-f:.%]+\]|[^:[\]]*)(?::\d*)?$/i.exec(authority)?.[1] ?? '';
  if (host === '' || /["<>\\^`{|}]/.test(host)) return false;
  return host.includes('.') || host.includes(':') || host === 'localhost';
}

export function isPhone(s: string): boolean {
  let digits = 0;
  let letters = 0;
  for (const c of s) {
    if (c >= '0' && c <= '9') digits++;
    else if ('+()-./ \u00a0#*,;'.includes(c)) continue;
    else if (/\p{L}/u.test(c)) letters++;
    else return false;
  }
  return digits >= 3 && digits <= 20 && letters <= 4;
}
