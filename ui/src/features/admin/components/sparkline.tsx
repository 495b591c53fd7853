const WIDTH = 96;
const HEIGHT = 20;

/** The last values as a line; flat at the bottom when all are zero. */
export function Sparkline({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(1, ...values);
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const points = values.map(
    (v, i) => `${(i * step).toFixed(1)},${(HEIGHT - 1 - (v / most) * (HEIGHT - 2)).toFixed(1)}`,
  );
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={label} className="text-primary">
      <polyline
        points={points.length > 1 ? points.join(' ') : `0,${HEIGHT - 1} ${WIDTH},${HEIGHT - 1}`}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
    </svg>
  );
}
