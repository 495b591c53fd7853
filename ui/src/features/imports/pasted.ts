/** Pasted text as the file that the import reads; null while there is nothing in it. Spreadsheets put tabs between cells. */
export function pastedFile(text: string): File | null {
  const rows = text.replace(/^(?:[^\S\t]*\r?\n)+|\s+$/g, '');
  if (rows.trim() === '') return null;
  const tabs = rows.includes('\t');
  return new File([rows, '\n'], tabs ? 'Pasted list.tsv' : 'Pasted list.csv', {
    type: tabs ? 'text/tab-separated-values' : 'text/csv',
  });
}
