const states: Record<string, string> = {
  value: 'Enriched',
  not_found: 'Not found',
  error: 'Failed',
  skipped: 'Skipped',
};

/** What a run's outcome is called. */
export function stateLabel(state: string): string {
  return states[state] ?? state;
}
export function monthLabel(month: string): string {
  const at = new Date(`${month}-01T00:00:00Z`);
  return Number.isNaN(at.getTime())
    ? month
    : at.toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}
