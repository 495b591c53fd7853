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

/** The same as domain/kernel/phone.go. */
const EXTENSION_WORDS =
  'extension|extensión|extensão|extn|ext|x|×|ｘ|anexo|ramal|poste|interno|int|durchwahl|dw|nebenstelle|apparat|app|toestel|tst|wewnętrzny|wew|' +
  'linka|klapka|добавочный|доб|внутренний|внутр|вн|anknytning|ankn|lokal|lok|alanumero|dahili|mellék|内線|內線|分机|分機|내선';
const EXTENSION = new RegExp(
  `^(.*[0-9)])[ \\t\\u00a0,;./(\\[\\-]*?(?:(?:${EXTENSION_WORDS})[ \\t\\u00a0.:=#]*[\\-–]?[ \\t\\u00a0]*([0-9]{1,8})|(?:[,;#]|,,)[ \\t\\u00a0]*([0-9]{1,6}))[ \\t\\u00a0#]*[)\\]]?$`,
  'iu',
);
const OPEN_EXTENSION = new RegExp(
  `^(.*[0-9)])[ \\t\\u00a0,;./(\\[\\-]*(?:${EXTENSION_WORDS})[ \\t\\u00a0.:=)\\]]*$`,
  'iu',
);

/** Cuts the extension off a phone number; a word for one with nothing behind it is cut off too. */
export function cutExtension(phone: string): { number: string; extension: string } {
  if (phone.length > 200) return { number: phone, extension: '' };
  const m = EXTENSION.exec(phone);
  if (m) return { number: (m[1] ?? '').replace(/[ \t\u00a0]+$/, ''), extension: m[2] ?? m[3] ?? '' };
  const open = OPEN_EXTENSION.exec(phone);
  return { number: open?.[1] ?? phone, extension: '' };
}

export function isPhone(s: string): boolean {
  let digits = 0;
  let letters = 0;
  for (const c of cutExtension(s).number) {
    if (c >= '0' && c <= '9') digits++;
    else if ('+()-./ \u00a0#*,;'.includes(c)) continue;
    else if (/\p{L}/u.test(c)) letters++;
    else return false;
  }
  return digits >= 3 && digits <= 20 && letters <= 4;
}
