/** What the workspace has; undefined where it is not known yet, or not to be seen by this member. */
export interface Had {
  tables?: number | undefined;
  runs?: number | undefined;
  keys?: number | undefined;
  members?: number | undefined;
}

export interface Step {
  id: 'table' | 'run' | 'key' | 'team';
  title: string;
  text: string;
  /** The path inside the workspace. */
  to: string;
  done: boolean;
}

const all: readonly (Omit<Step, 'done'> & { needs: string; met: (had: Had) => boolean | undefined })[] = [
  {
    id: 'table',
    title: 'Make a table',
    text: 'From a file, a list that you paste, or twenty sample companies.',
    to: 'tables',
    needs: 'tables.manage',
    met: (h) => (h.tables === undefined ? undefined : h.tables > 0),
  },
  {
    id: 'run',
    title: 'Run an enrichment',
    text: 'Open a table and choose Enrich. You see the cost before anything is spent.',
    to: 'tables',
    needs: 'enrichments.run',
    met: (h) => (h.runs === undefined ? undefined : h.runs > 0),
  },
  {
    id: 'key',
    title: 'Add a provider’s key',
    text: 'Hunter, Apollo or a language model: your own key, at their price.',
    to: 'settings/credentials',
    needs: 'credentials.manage',
    met: (h) => (h.keys === undefined ? undefined : h.keys > 0),
  },
  {
    id: 'team',
    title: 'Invite a teammate',
    text: 'Everybody edits the same table at the same time.',
    to: 'settings/members',
    needs: 'members.manage',
    met: (h) => (h.members === undefined ? undefined : h.members > 1),
  },
];

/**
 * The first steps that this member may take. Empty while something is not known, so that the list does not flash up and go
 * away, and when all is done.
 */
export function stepsFor(had: Had, can: (action: string) => boolean): Step[] {
  const mine = all.filter((s) => can(s.needs)).map((s) => ({ ...s, done: s.met(had) }));
  if (mine.some((s) => s.done === undefined) || mine.every((s) => s.done)) return [];
  return mine.map(({ id, title, text, to, done }) => ({ id, title, text, to, done: done === true }));
}
