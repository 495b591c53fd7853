import { messageOf } from '@/api/errors';
import { Card } from '@/components/page';
import { Notice, Skeleton } from '@/components/states';
import { useAnswer, type Asked, type Series } from '../api/analytics';
import { SeriesChart, type Line } from './series-chart';

export function SeriesCard({
  ws,
  what,
  asked,
  title,
  lines,
  format,
  least,
}: {
  ws: string;
  what: string;
  asked: Asked;
  title: string;
  lines: Line[];
  format: (n: number) => string;
  least?: number;
}) {
  const series = useAnswer<Series>(ws, what, asked);
  return (
    <Card title={title}>
      {series.isPending && <Skeleton className="h-56" />}
      {series.isError && <Notice tone="danger">{messageOf(series.error)}</Notice>}
      {series.data && (
        <SeriesChart series={series.data} lines={lines} format={format} label={title} {...(least ? { least } : {})} />
      )}
    </Card>
  );
}
