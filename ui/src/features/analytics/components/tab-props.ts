import type { Asked, Filters } from '../api/analytics';

export interface TabProps {
  ws: string;
  asked: Asked;
  filters: Filters;
  set: (changes: Record<string, string | undefined>) => void;
  /** What to show for a key of a dim. */
  name: (dim: string, key: string) => string;
}
