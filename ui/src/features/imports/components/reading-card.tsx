import type { Import } from '@/api/types';
import { Checkbox, Field, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Notice } from '@/components/states';
import { Shown } from '@/components/shown';
import { NumberInput } from '@/grid/typed-input';
import { bytes, plural } from '@/lib/format';
import type { Reading } from '../api/imports';

export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-1258',
  'windows-874',
  'iso-8859-2',
  'iso-8859-3',
  'iso-8859-4',
  'iso-8859-5',
  'iso-8859-6',
  'iso-8859-7',
  'iso-8859-8',
  'iso-8859-10',
  'iso-8859-13',
  'iso-8859-14',
  'iso-8859-15',
  'iso-8859-16',
  'koi8-r',
  'koi8-u',
  'macintosh',
  'x-mac-cyrillic',
  'ibm437',
  'ibm850',
  'ibm852',
  'ibm866',
  'shift_jis',
  'euc-jp',
  'gbk',
  'gb18030',
  'big5',
  'euc-kr',
];
const DELIMITERS = [
  { value: ',', label: 'Comma' },
  { value: ';', label: 'Semicolon' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar' },
  { value: '^', label: 'Caret' },
  { value: '~', label: 'Tilde' },
  { value: '\u001f', label: 'None: one column' },
];

/** A server's message as a sentence. */
const capital = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');

/** What the file seems to be, each part of which can be chosen otherwise, and what should be known of it. */
export function ReadingCard({ file, busy, onChange }: { file: Import; busy: boolean; onChange: (r: Reading) => void }) {
  const { detected } = file;
  const csv = detected.format === 'csv';
  const book = detected.format === 'xlsx';
  const delimiter = detected.delimiter ?? ',';
  return (
    <Card
      title={file.filename}
      text={`${bytes(file.size)}${file.file_rows ? ` · ${plural(file.file_rows, 'row')}` : ''}`}
    >
      <div className="grid gap-3 sm:grid-cols-4">
        {book ? (
          <SheetChoice file={file} busy={busy} onChange={onChange} />
        ) : (
          <Field label="Encoding">
            {(ids) => (
              <Select
                {...ids}
                value={detected.encoding}
                disabled={busy}
                onChange={(e) => onChange({ encoding: e.target.value })}
              >
                {[...new Set([detected.encoding, ...ENCODINGS])].map((e) => (
                  <option key={e} value={e}>
                    {e.toUpperCase()}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {csv && (
          <Field label="Separator">
            {(ids) => (
              <Select
                {...ids}
                value={delimiter}
                disabled={busy}
                onChange={(e) => onChange({ delimiter: e.target.value })}
              >
                {!DELIMITERS.some((d) => d.value === delimiter) && <option value={delimiter}>{delimiter}</option>}
                {DELIMITERS.map((d) => (
                  <option key={d.value} value={d.value}>
                    {d.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {(csv || book) && (
          <Field label={`${detected.header ? 'Header' : 'First'} ${book ? 'row' : 'line'}`}>
            {(ids) => (
              <NumberInput
                {...ids}
                whole
                min={1}
                max={1000}
                value={detected.header_line ?? 1}
                disabled={busy}
                onEnd={(line) => line !== (detected.header_line ?? 1) && onChange({ header_line: line })}
              />
            )}
          </Field>
        )}
        {(csv || book) && (
          <div className="flex flex-col justify-end gap-1 pb-1">
            <Checkbox
              label={`This ${book ? 'row' : 'line'} names the columns`}
              checked={detected.header}
              disabled={busy}
              onChange={(e) => onChange({ header: e.target.checked })}
            />
            {csv && (
              <Checkbox
                label={'Quotes are escaped with \\'}
                checked={detected.escape === '\\'}
                disabled={busy}
                onChange={(e) => onChange({ escape: e.target.checked ? '\\' : '' })}
              />
            )}
          </div>
        )}
      </div>
      {(file.notices ?? []).length > 0 && (
        <ul aria-label="About this file" className="mt-4 flex flex-col gap-1.5">
          {(file.notices ?? []).map((n) => (
            <li key={n.code + n.message}>
              <Notice tone={n.ask ? 'warning' : 'neutral'}>{capital(n.message)}</Notice>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** The sheets of a workbook, of which one is read. */
function SheetChoice({ file, busy, onChange }: { file: Import; busy: boolean; onChange: (r: Reading) => void }) {
  return (
    <Field label="Sheet">
      {(ids) => (
        <Select
          {...ids}
          value={file.detected.sheet ?? ''}
          disabled={busy}
          onChange={(e) => onChange({ sheet: e.target.value })}
        >
          {(file.sheets ?? []).map((s) => (
            <option key={s.name} value={s.name}>
              {s.hidden ? `${s.name} (hidden)` : s.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** The encodings that the file may be in, with lines as they would read; the one that reads right is chosen. */
export function EncodingChoice({
  file,
  busy,
  onChoose,
}: {
  file: Import;
  busy: boolean;
  onChoose: (encoding: string) => void;
}) {
  const guesses = file.encodings ?? [];
  return (
    <Card
      title="How does this read right?"
      text="The encoding of the file is not certain. Choose the lines that make sense."
    >
      <div role="radiogroup" aria-label="Lines as they would read" className="grid gap-2 sm:grid-cols-2">
        {guesses.map((g) => (
          <button
            key={g.encoding}
            type="button"
            role="radio"
            aria-checked={!file.unsure && g.encoding === file.detected.encoding}
            disabled={busy}
            onClick={() => onChoose(g.encoding)}
            className="rounded-md border border-line-strong bg-surface p-3 text-left hover:border-primary aria-checked:border-primary aria-checked:bg-primary-soft"
          >
            <span className="block text-sm text-ink-3">{g.encoding.toUpperCase()}</span>
            {(g.samples ?? []).map((s) => (
              <span key={s} className="block truncate">
                <Shown text={s} />
              </span>
            ))}
          </button>
        ))}
      </div>
    </Card>
  );
}
