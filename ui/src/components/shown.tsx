import { hasSigns, pieces } from '@/lib/signs';

/** A text below its field, whose own text the signs turn or hide; nothing if there are none. */
export function ShownBelow({ text }: { text: string }) {
  if (pieces(text, true).every((p) => typeof p === 'string')) return null;
  return (
    <span className="mt-0.5 block text-sm break-words text-ink-3">
      Holds signs that are not seen: <Shown text={text} />
    </span>
  );
}

/**
 * A text that people or programs wrote. Signs that are not seen, or turn what stands around them, are marks; copied, they are
 * themselves. `lines` is for places that show line breaks.
 */
export function Shown({ text, lines = false }: { text: string; lines?: boolean }) {
  if (!hasSigns(text)) return text;
  return pieces(text, lines).map((p, i) =>
    typeof p === 'string' ? (
      p
    ) : (
      <span key={i} className="sign" data-sign={p.label} title={p.name} role="img" aria-label={p.name}>
        {p.chars}
      </span>
    ),
  );
}
