import { softOf } from '@/lib/colors';
import { initials } from '@/lib/format';

export function Avatar({ name, square, size = 24 }: { name: string; square?: boolean; size?: number }) {
  const soft = softOf(name);
  return (
    <span
      aria-hidden
      style={{
        width: size,
        height: size,
        fontSize: size * 0.42,
        background: `var(--soft-${soft})`,
        color: `var(--soft-${soft}-ink)`,
        borderRadius: square ? 6 : size,
      }}
      className="inline-flex shrink-0 items-center justify-center font-semibold select-none"
    >
      {square ? initials(name).slice(0, 1) : initials(name)}
    </span>
  );
}
