/** Formats of files that leave, each by the end of its name. */
export const FORMATS = ['csv', 'xlsx', 'json', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** How a table is exported. */
export interface ExportChoice {
  format: ExportFormat;
  rows: 'view' | 'selection' | 'all';
  columns: 'shown' | 'all';
  /** Put an apostrophe before what a spreadsheet program would run as a formula. */
  protect: boolean;
  /** Begin a CSV file with a byte order mark. */
  mark: boolean;
  /** Add how sure each answer of a provider is. */
  sure: boolean;
}

const KEY = 'morket.export';
const first: ExportChoice = {
  format: 'csv',
  rows: 'view',
  columns: 'shown',
  protect: true,
  mark: false,
  sure: false,
};
const allowed: { [K in keyof ExportChoice]: readonly ExportChoice[K][] } = {
  format: FORMATS,
  rows: ['view', 'selection', 'all'],
  columns: ['shown', 'all'],
  protect: [true, false],
  mark: [true, false],
  sure: [true, false],
};

/** What was chosen the last time; what is not understood is as at first. */
export function keptExport(): ExportChoice {
  let kept: Record<string, unknown> = {};
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof read === 'object' && read !== null) kept = read as Record<string, unknown>;
  } catch {
    // what the browser has is not ours
  }
  const take = <K extends keyof ExportChoice>(key: K): ExportChoice[K] =>
    allowed[key].find((v) => v === kept[key]) ?? first[key];
  return {
    format: take('format'),
    rows: take('rows'),
    columns: take('columns'),
    protect: take('protect'),
    mark: take('mark'),
    sure: take('sure'),
  };
}
export function keepExport(choice: ExportChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // the browser has no room: it is asked again the next time
  }
}
