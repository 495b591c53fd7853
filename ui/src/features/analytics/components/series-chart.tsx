import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Point, Series } from '../api/analytics';

export interface Line {
  name: string;
  /** A design token's custom property. */
  color: string;
  value: (p: Point) => number;
}

/** Counts over time, stacked. The numbers are also in a table for those who don't see the picture. */
export function SeriesChart({
  series,
  lines,
  format,
  label,
  least = 4,
}: {
  series: Series;
  lines: Line[];
  format: (n: number) => string;
  label: string;
  /** How far the axis goes when there is nothing. */
  least?: number;
}) {
  const points = series.points ?? [];
  const data = points.map((p) => ({ at: p.at, ...Object.fromEntries(lines.map((l) => [l.name, l.value(p)])) }));
  const when = formatter(series);
  return (
    <figure>
      <div className="h-56" aria-hidden>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={data} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="at" tickFormatter={when} tick={axis} tickLine={false} axisLine={false} minTickGap={28} />
            <YAxis
              tickFormatter={format}
              tick={axis}
              tickLine={false}
              axisLine={false}
              width={52}
              domain={[0, (most: number) => most || least]}
              allowDecimals={false}
            />
            <Tooltip
              labelFormatter={(at) => (typeof at === 'string' ? when(at) : '')}
              formatter={(value) => format(Number(value))}
              contentStyle={{
                background: 'var(--raised)',
                border: '1px solid var(--line)',
                borderRadius: 6,
                fontSize: 12,
                color: 'var(--ink)',
              }}
              labelStyle={{ color: 'var(--ink-2)' }}
              itemStyle={{ color: 'var(--ink)' }}
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
            />
            {lines.map((l) => (
              <Bar
                key={l.name}
                dataKey={l.name}
                stackId="1"
                fill={`var(${l.color})`}
                maxBarSize={28}
                isAnimationActive={false}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
        {lines.map((l) => (
          <span key={l.name} className="inline-flex items-center gap-1.5">
            <span aria-hidden className="size-2 rounded-full" style={{ background: `var(${l.color})` }} />
            {l.name}
          </span>
        ))}
      </figcaption>
      <table className="sr-only">
        <caption>{label}</caption>
        <tbody>
          {data.map((d) => (
            <tr key={d.at}>
              <th scope="row">{when(d.at)}</th>
              {lines.map((l) => (
                <td key={l.name}>{`${l.name} ${format(Number(d[l.name as keyof typeof d]))}`}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

const axis = { fill: 'var(--ink-3)', fontSize: 11 };

function formatter(series: Series): (at: string) => string {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: series.time_zone,
    month: 'short',
    day: 'numeric',
    ...(series.granularity === 'hour' ? { hour: '2-digit', minute: '2-digit', hour12: false } : {}),
  });
  return (at) => format.format(new Date(at));
}
