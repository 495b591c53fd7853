/** What spreadsheets put on the clipboard and take from it: tab-separated text and an HTML table. */
export type Matrix = string[][];

/** The most cells that are read of a clipboard, so that a page's spans can't make more than fits. */
const MOST_CELLS = 1_000_000;

/**
 * Reads tab-separated text as Excel and Sheets write it: a field that starts with a quote runs to its closing quote and
 * may hold tabs, newlines and doubled quotes. One newline at the very end is not a row.
 */
export function parseTSV(text: string): Matrix {
  const rows: Matrix = [];
  let row: string[] = [];
  let i = 0;
  const normal = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const source = normal.endsWith('\n') ? normal.slice(0, -1) : normal;
  for (;;) {
    const field = readField(source, i);
    row.push(field.value);
    i = field.end;
    if (i >= source.length) break;
    if (source[i] === '\n') {
      rows.push(row);
      row = [];
    }
    i++;
  }
  rows.push(row);
  return rows;
}

function readField(text: string, start: number): { value: string; end: number } {
  if (text[start] === '"') {
    const quoted = readQuoted(text, start);
    if (quoted) return quoted;
  }
  const at = /[\t\n]/g;
  at.lastIndex = start;
  const end = at.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end };
}

/** Null when the quotes don't close right before a separator: then they are part of the text. */
function readQuoted(text: string, start: number): { value: string; end: number } | null {
  const parts: string[] = [];
  for (let i = start + 1; ;) {
    const quote = text.indexOf('"', i);
    if (quote < 0) return null;
    parts.push(text.slice(i, quote));
    if (text[quote + 1] === '"') {
      parts.push('"');
      i = quote + 2;
      continue;
    }
    const next = text[quote + 1];
    const closes = next === undefined || next === '\t' || next === '\n';
    return closes ? { value: parts.join(''), end: quote + 1 } : null;
  }
}

/** One cell is written as it is, as spreadsheets do: what pastes it into a text field gets no quotes of ours. */
export function toTSV(matrix: Matrix): string {
  const [first] = matrix;
  if (matrix.length === 1 && first?.length === 1) return first[0] ?? '';
  return matrix.map((row) => row.map(quoteField).join('\t')).join('\r\n');
}
function quoteField(field: string): string {
  return /[\t\n\r]/.test(field) || field.startsWith('"') ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Cells keep their spaces and newlines, and say that they are ours: so they are read again as they were. */
export function toHTML(matrix: Matrix, decimals: readonly Decimal[] = []): string {
  const cells = (row: string[]): string =>
    row.map((f) => `<td style="white-space:pre-wrap">${escapeHTML(f).replace(/\r\n?|\n/g, '<br>')}</td>`).join('');
  const signs = decimals.some(Boolean) ? ` ${DECIMALS}="${decimals.map((d) => d ?? '').join(',')}"` : '';
  return `<table ${OURS}="1"${signs}><tbody>${matrix.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table>`;
}
const OURS = 'data-morket';
const DECIMALS = 'data-decimals';

/** The decimal sign that a column's numbers were copied with; none for what are no numbers. */
export type Decimal = 'point' | 'comma' | undefined;

/** The decimal signs of a copy of ours, by column: another column may write its numbers with the other one. */
export function decimalsOf(html: string): Decimal[] {
  const signs = new RegExp(`<table ${OURS}="1" ${DECIMALS}="([a-z,]*)"`).exec(html)?.[1] ?? '';
  return signs.split(',').map((s) => (s === 'point' || s === 'comma' ? s : undefined));
}
function escapeHTML(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Reads the first table of an HTML clipboard; null when there is none. Merged cells fill their first place only. */
export function parseHTML(html: string): Matrix | null {
  const table = new DOMParser().parseFromString(html, 'text/html').querySelector('table');
  if (!table || table.rows.length === 0) return null;
  const exact = table.hasAttribute(OURS);
  const out: Matrix = [];
  let covered = new Map<number, number>(); // by column: how many rows below a merged cell it still covers
  let cells = 0;
  for (const tr of table.rows) {
    const row: string[] = [];
    const next = new Map([...covered].flatMap(([col, left]) => (left > 1 ? [[col, left - 1] as const] : [])));
    const skip = (): void => {
      while (covered.has(row.length)) row.push('');
    };
    for (const td of tr.cells) {
      skip();
      const width = Math.min(td.colSpan, Math.max(1, MOST_COLUMNS - row.length));
      for (let i = 0; i < width; i++) {
        const below = td.rowSpan === 0 ? table.rows.length : td.rowSpan; // 0 spans to the end (WHATWG HTML, 4.9.11)
        if (below > 1) next.set(row.length, below - 1);
        row.push(i === 0 ? cellText(td, exact) : '');
      }
    }
    skip();
    cells += row.length;
    if (cells > MOST_CELLS) return null;
    covered = next;
    out.push(row);
  }
  return out;
}
const MOST_COLUMNS = 16_384; // Excel's own limit

function cellText(td: HTMLElement, exact: boolean): string {
  for (const unseen of td.querySelectorAll('style, script')) unseen.remove();
  for (const br of td.querySelectorAll('br')) br.replaceWith('\u2028');
  if (!exact) for (const block of td.querySelectorAll('p, div, li')) if (block.previousSibling) block.before('\u2028');
  const text = td.textContent || '';
  if (exact || /white-space:\s*pre/i.test(td.getAttribute('style') ?? '')) return text.replaceAll('\u2028', '\n');
  return text
    .replace(/[ \t\r\n]+/g, ' ')
    .replace(/ ?\u2028 ?/g, '\n')
    .replaceAll('\u00a0', ' ')
    .replace(/^ | $/g, '');
}

/**
 * The matrix of a paste. Text is preferred, because Excel's HTML holds rounded values; Sheets' HTML is better where its
 * text loses the quoting of a single multi-line cell, and our own is exact.
 */
export function readClipboard(text: string, html: string): Matrix | null {
  const table = html.includes('<table') ? parseHTML(html) : null;
  if (table && (text === '' || html.includes('google-sheets-html-origin') || html.includes(`<table ${OURS}`)))
    return table;
  if (text === '') return null;
  const single = table?.length === 1 && table[0]?.length === 1;
  const parsed = parseTSV(text);
  if (!single) return parsed;
  // One cell: Excel quotes it where it has lines or tabs, others give it as it is.
  const quoted = parsed.length === 1 && parsed[0]?.length === 1 && text.startsWith('"') ? parsed : null;
  return quoted && quoted[0]?.[0] === table[0]?.[0] ? quoted : [[oneCell(text)]];
}
function oneCell(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
}

/** Makes all rows equally long. */
export function rectangular(matrix: Matrix): Matrix {
  const width = matrix.reduce((most, r) => Math.max(most, r.length), 0);
  return matrix.map((r) => (r.length === width ? r : [...r, ...Array<string>(width - r.length).fill('')]));
}
