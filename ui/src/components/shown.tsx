import { hasSigns, pieces } from '@/lib/signs';

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
