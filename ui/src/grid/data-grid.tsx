import { useEffect, useRef, useState } from 'react';
import { cx } from '@/lib/cx';
import type { GridShape } from './column-layout';
import { GridController } from './controller';
import type { GridEvents, GridSource } from './events';
import './grid.css';

export interface DataGridProps {
  /** Another table makes another grid. */
  id: string;
  label: string;
  shape: GridShape;
  rows: number;
  source: GridSource;
  events: GridEvents;
  onReady: (grid: GridController | null) => void;
}

/** Mounts a grid and keeps its columns in step; rows and edits never pass through React. */
export function DataGrid({ id, label, shape, rows, source, events, onReady }: DataGridProps) {
  const host = useRef<HTMLDivElement>(null);
  const [grid, setGrid] = useState<GridController | null>(null);
  const latest = useRef({ shape, rows, source, events, onReady });
  useEffect(() => {
    latest.current = { shape, rows, source, events, onReady };
  });

  useEffect(() => {
    if (!host.current) return;
    const now = latest.current;
    const made = new GridController(host.current, now.shape, now.rows, now.source, now.events);
    setGrid(made);
    now.onReady(made);
    return () => {
      latest.current.onReady(null);
      setGrid(null);
      made.destroy();
    };
  }, [id]);

  useEffect(() => {
    grid?.reshape(shape);
  }, [grid, shape]);

  return (
    <div
      ref={host}
      aria-label={label}
      role="region"
      style={{ '--mk-lines': String(Math.max(1, Math.floor((shape.rowHeight - 8) / 18))) } as React.CSSProperties}
      className={cx('mk-grid h-full w-full', shape.canEdit && 'mk-editable', shape.rowHeight > 40 && 'mk-tall')}
    />
  );
}
