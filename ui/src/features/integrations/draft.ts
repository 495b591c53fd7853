import type { CrmField, SyncDefinition } from '@/api/types';

export const MAX_MAPPINGS = 200;
export const MAX_RECORDS = 100_000;

/** How often a sync may pull by itself, in minutes. */
export const PULL_EVERY: { minutes: number; name: string }[] = [
  { minutes: 5, name: '5 minutes' },
  { minutes: 15, name: '15 minutes' },
  { minutes: 60, name: 'hour' },
  { minutes: 6 * 60, name: '6 hours' },
  { minutes: 24 * 60, name: 'day' },
  { minutes: 7 * 24 * 60, name: 'week' },
];

/** "hour", "90 minutes". */
export const everyText = (minutes: number): string =>
  PULL_EVERY.find((e) => e.minutes === minutes)?.name ?? `${minutes} minutes`;

export const pushes = (d: SyncDefinition): boolean => d.mappings.some((m) => m.direction !== 'pull');
export const pulls = (d: SyncDefinition): boolean =>
  d.mappings.some((m) => m.direction === 'pull' || m.direction === 'both');

/** What keeps a sync from being saved; null for nothing. */
export function problemOf(d: SyncDefinition, fields: CrmField[]): string | null {
  if (!d.name.trim()) return 'Give the sync a name.';
  if (d.keys.length === 0) return 'Choose how rows are matched to records.';
  if (d.mappings.length === 0) return 'Add at least one field.';
  if (d.mappings.some((m) => !m.field || !m.column_id)) return 'Choose a column and a field in each line.';
  if (!d.max_records) return 'Say how many records a run may go through.';
  const into = d.mappings.filter((m) => m.direction === 'pull' || m.direction === 'both').map((m) => m.column_id);
  if (new Set(into).size < into.length) return 'Two fields are pulled into one column.';
  if (!d.create || !pushes(d)) return null;
  const filled = new Set([...d.mappings.filter((m) => m.direction !== 'pull'), ...d.keys].map((m) => m.field));
  const missing = fields.find((f) => f.required && !f.read_only && !filled.has(f.name));
  return missing ? `New records need the field ${missing.label}: map it, or make no records.` : null;
}

/** The definition as it is sent: what is off is left out. */
export function bodyOf(d: SyncDefinition): SyncDefinition {
  return {
    name: d.name.trim(),
    connection_id: d.connection_id,
    object: d.object,
    table_id: d.table_id,
    ...(d.view_id ? { view_id: d.view_id } : {}),
    keys: d.keys,
    mappings: d.mappings.map((m) => ({
      field: m.field,
      column_id: m.column_id,
      ...(m.direction && m.direction !== 'push' ? { direction: m.direction } : {}),
      ...(m.only_if_empty ? { only_if_empty: true } : {}),
      ...(m.clear_if_blank ? { clear_if_blank: true } : {}),
    })),
    create: d.create,
    ...(d.create_rows ? { create_rows: true } : {}),
    ...(d.conflicts && d.conflicts !== 'newest' ? { conflicts: d.conflicts } : {}),
    ...(d.pull_every_minutes && pulls(d) ? { pull_every_minutes: d.pull_every_minutes } : {}),
    max_records: d.max_records,
  };
}
