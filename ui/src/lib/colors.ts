/** The soft colours of pills and avatars; their values are tokens in index.css. */
export const SOFT = ['blue', 'green', 'amber', 'rose', 'violet', 'teal', 'orange', 'slate', 'lime', 'pink'] as const;
export type Soft = (typeof SOFT)[number];

/** A stable colour for a name: the same text has the same colour in every table and session. */
export function softOf(text: string, wanted?: string | null): Soft {
  if (wanted && (SOFT as readonly string[]).includes(wanted)) return wanted as Soft;
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return SOFT[(h >>> 0) % SOFT.length] ?? 'slate';
}
