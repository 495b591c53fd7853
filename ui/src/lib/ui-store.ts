import { create } from 'zustand';
import { store, stored } from './storage';

export type Theme = 'system' | 'light' | 'dark';

interface UiState {
  theme: Theme;
  railOpen: boolean;
  paletteOpen: boolean;
  /** The groups of the rail that are folded away. */
  folded: string[];
  setTheme: (theme: Theme) => void;
  setRail: (open: boolean) => void;
  setPalette: (open: boolean) => void;
  fold: (group: string, folded: boolean) => void;
}

const THEME_KEY = 'morket.theme';
const FOLDED_KEY = 'morket.folded';
const LAST_KEY = 'morket.last-table';

export function applyTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

function initialTheme(): Theme {
  const value = stored(THEME_KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export const useUi = create<UiState>()((set) => ({
  theme: initialTheme(),
  railOpen: false,
  paletteOpen: false,
  folded: stored(FOLDED_KEY)?.split(',') ?? [],
  setTheme: (theme) => {
    store(THEME_KEY, theme);
    applyTheme(theme);
    set({ theme });
  },
  setRail: (railOpen) => set({ railOpen }),
  setPalette: (paletteOpen) => set({ paletteOpen }),
  fold: (group, folded) =>
    set((s) => {
      const others = s.folded.filter((g) => g !== group);
      const next = folded ? [...others, group] : others;
      store(FOLDED_KEY, next.join(','));
      return { folded: next };
    }),
}));

export function lastTable(workspace: string): string | null {
  return stored(`${LAST_KEY}.${workspace}`);
}
export function rememberTable(workspace: string, table: string): void {
  store(`${LAST_KEY}.${workspace}`, table);
}
