import { Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { Shown } from '@/components/shown';
import { count, plural } from '@/lib/format';
import type { Report } from '../api/imports';

export type BadValues = 'skip_row' | 'empty_cell';

/** What the import would lose, before it begins, and what is to become of it. */
export function LossReport({
  report,
  badValues,
  onChange,
}: {
  report: Report;
  badValues: BadValues;
  onChange: (b: BadValues) => void;
}) {
  const rows = [
    ...report.columns.map((c) => ({ name: c.column, values: c.values, samples: c.samples })),
    ...(report.broken > 0 ? [{ name: 'Whole rows', values: report.broken, samples: report.samples }] : []),
  ];
  return (
    <Card
      title={`${plural(report.lossy, 'row')} of ${count(report.rows)} would lose a value`}
      text="Nothing has been imported yet. Change the columns above, or say what is to happen."
      flush
    >
      {rows.length > 0 && (
        <DataTable head={['Column', { text: 'Values', numeric: true }, 'For example']} label="What would be lost">
          {rows.map((r) => (
            <tr key={r.name}>
              <Td className="max-w-[180px] truncate font-medium">{r.name}</Td>
              <Td numeric>{count(r.values)}</Td>
              <Td className="text-ink-2">
                {r.samples.slice(0, 3).map((s) => (
                  <span key={`${String(s.line)}${s.reason}`} className="block truncate">
                    Line {count(s.line)}: <Shown text={s.reason} />
                    {s.value && !s.reason.includes(s.value) && (
                      <>
                        {' '}
                        (<Shown text={s.value} />)
                      </>
                    )}
                  </span>
                ))}
              </Td>
            </tr>
          ))}
        </DataTable>
      )}
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <label className="flex items-center gap-2">
          <span>Rows with such a value</span>
          <Select
            className="!w-72"
            value={badValues}
            onChange={(e) => onChange(e.target.value === 'empty_cell' ? 'empty_cell' : 'skip_row')}
          >
            <option value="skip_row">are left out</option>
            <option value="empty_cell">are imported, with the cell empty</option>
          </Select>
        </label>
        <span className="text-sm text-ink-3">
          Either way the errors file has them as they are, to be imported again.
        </span>
      </div>
    </Card>
  );
}
