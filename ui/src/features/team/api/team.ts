import { api, type Answer } from '@/api/client';
import type { ActivityLine, AuditLine, Member } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';
import { saveBlob } from '@/lib/download';

/** Which lines of the audit log are wanted; empty texts mean all. */
export interface AuditFilter {
  actor: string;
  thing: string;
  from: string;
  to: string;
}

export const everything: AuditFilter = { actor: '', thing: '', from: '', to: '' };

/** The days of the filter as moments; the last day is within it. */
function query({ actor, thing, from, to }: AuditFilter): Record<string, string | undefined> {
  const day = (text: string, plus: number): string | undefined => {
    if (!text) return undefined;
    const d = new Date(`${text}T00:00:00`);
    d.setDate(d.getDate() + plus);
    return d.toISOString();
  };
  return { actor: actor || undefined, thing: thing || undefined, from: day(from, 0), to: day(to, 1) };
}

export function activity(ws: string, cursor: string | undefined): Promise<Answer<ActivityLine[] | null>> {
  return api.get<ActivityLine[] | null>(`${inWorkspace(ws)}/team/activity`, { query: { cursor, limit: 50 } });
}
export function audit(
  ws: string,
  filter: AuditFilter,
  cursor: string | undefined,
): Promise<Answer<AuditLine[] | null>> {
  return api.get<AuditLine[] | null>(`${inWorkspace(ws)}/team/audit`, {
    query: { ...query(filter), cursor, limit: 50 },
  });
}
export async function downloadAudit(ws: string, filter: AuditFilter): Promise<void> {
  const chosen = Object.entries(query(filter)).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const response = await api.stream(`${inWorkspace(ws)}/team/audit.csv?${new URLSearchParams(chosen).toString()}`, {
    headers: { Accept: 'text/csv' },
  });
  saveBlob(await response.blob(), 'audit.csv');
}
export async function members(ws: string): Promise<Member[]> {
  return (await api.get<Member[] | null>(`${inWorkspace(ws)}/members`, { query: { limit: 100 } })).data ?? [];
}
