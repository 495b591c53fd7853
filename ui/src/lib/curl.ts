import type { Exchange } from '@/api/types';

/** What the server writes in the place of a value that may be secret. */
const HIDDEN = '…';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a command for a shell. A secret that was left out has to be filled in. */
export function curlOf(x: Exchange): string {
  const open = (text: string): string => text.replaceAll(HIDDEN, 'YOUR_SECRET');
  const parts = [`curl -X ${x.method} ${quoted(open(x.url))}`];
  for (const [name, value] of Object.entries(x.headers ?? {})) parts.push(`-H ${quoted(`${name}: ${open(value)}`)}`);
  if (x.request) parts.push(`--data-raw ${quoted(x.request)}`);
  return parts.join(' \\\n  ');
}
