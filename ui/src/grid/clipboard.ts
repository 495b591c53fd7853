/** What spreadsheets put on the clipboard and take from it: tab-separated text and an HTML table. */
export type Matrix = string[][];

/**
 * Reads tab-separated text as Excel and Sheets write it: a field that starts with a quote runs to its closing quote and
 * may hold tabs, newlines and doubled quotes. One newline at the very end is not a row.
 */
export function parseTSV(text: string): Matrix {
  const rows: Matrix = [];
  let row: string[] = [];
  let i = 0;
  const normal = text.replace(/\r\n?/g, '\n');
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
  let end = start;
  while (end < text.length && text[end] !== '\t' && text[end] !== '\n') end++;
  return { value: text.slice(start, end), end };
}

/** Null when the quotes don't close right before a separator: then they are part of the text. */
function readQuoted(text: string, start: number): { value: string; end: number } | null {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] !== '"') {
      value += text[i] ?? '';
      continue;
    }
    if (text[i + 1] === '"') {
      value += '"';
      i++;
      continue;
    }
    const next = text[i + 1];
    return next === undefined || next === '\t' || next === '\n' ? { value, end: i + 1 } : null;
  }
  return null;
}

export function toTSV(matrix: Matrix): string {
  return matrix.map((row) => row.map(quoteField).join('\t')).join('\r\n');
}
function quoteField(field: string): string {
  return /[\t\n\r]/.test(field) || field.startsWith('"') ? `"${field.replaceAll('"', '""')}"` : field;
}

export function toHTML(matrix: Matrix): string {
  const cells = (row: string[]): string =>
    row.map((f) => `<td>${escapeHTML(f).replaceAll('\n', '<br>')}</td>`).join('');
  return `<table><tbody>${matrix.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table>`;
}
function escapeHTML(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Reads the first table of an HTML clipboard; null when there is none. Merged cells fill their first place only. */
export function parseHTML(html: string): Matrix | null {
  const table = new DOMParser().parseFromString(html, 'text/html').querySelector('table');
  if (!table) return null;
  const rows = [...table.rows].map((tr) => {
    const out: string[] = [];
    for (const td of tr.cells) {
      out.push(cellText(td));
      for (let i = 1; i < td.colSpan; i++) out.push('');
    }
    return out;
  });
  return rows.length ? rows : null;
}
function cellText(td: HTMLElement): string {
  for (const br of td.querySelectorAll('br')) br.replaceWith('\u2028');
  return (td.textContent || '')
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('\u2028', '\n')
    .trim();
}

/**
 * The matrix of a paste. Text is preferred, because Excel's HTML holds rounded values; Sheets' HTML is better where its
 * text loses the quoting of a single multi-line cell.
 */
export function readClipboard(text: string, html: string): Matrix | null {
  const table = html.includes('<table') ? parseHTML(html) : null;
  if (table && (text === '' || html.includes('google-sheets-html-origin'))) return table;
  if (text === '') return null;
  const parsed = parseTSV(text);
  const single = table?.length === 1 && table[0]?.length === 1;
  return single && parsed.length > 1 ? table : parsed;
}

/** Makes all rows equally long. */
export function rectangular(matrix: Matrix): Matrix {
  const width = Math.max(0, ...matrix.map((r) => r.length));
  return matrix.map((r) => (r.length === width ? r : [...r, ...Array<string>(width - r.length).fill('')]));
}
