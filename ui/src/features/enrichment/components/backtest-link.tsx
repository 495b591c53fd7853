import { FlaskConical } from 'lucide-react';
import { Link } from 'react-router';

/** The way to the back-test of a column. */
export function BacktestLink({
  workspaceId: ws,
  tableId,
  columnId,
}: {
  workspaceId: string;
  tableId: string;
  columnId: string;
}) {
  return (
    <Link
      to={`/w/${ws}/tables/${tableId}/columns/${columnId}/backtest`}
      className="inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-base text-ink-2 hover:bg-hover hover:text-ink"
    >
      <FlaskConical size={14} /> Back-test
    </Link>
  );
}
