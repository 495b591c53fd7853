import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { ApiKey, Credential, Invitation, Role, Session, Workspace } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const list = <T>(path: string): Promise<T[]> => api.list<T>(path);
export const invitationsQuery = (ws: string) =>
  queryOptions({ queryKey: ['invitations', ws], queryFn: () => list<Invitation>(`${inWorkspace(ws)}/invitations`) });
export const apiKeysQuery = (ws: string) =>
  queryOptions({ queryKey: ['api-keys', ws], queryFn: () => list<ApiKey>(`${inWorkspace(ws)}/api-keys`) });
export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: () => list<Session>('/auth/sessions') });

export interface WorkspaceSettings {
  name: string;
  slug: string;
  time_zone: string;
}
export async function changeWorkspace(ws: string, settings: WorkspaceSettings): Promise<void> {
  await api.put<Workspace>(inWorkspace(ws), settings);
}
export async function deleteWorkspace(ws: string, name: string): Promise<void> {
  await api.delete(inWorkspace(ws), { body: { confirm_name: name } });
}
export async function setRole(ws: string, user: string, role: Role): Promise<void> {
  await api.put(`${inWorkspace(ws)}/members/${user}/role`, { role });
}
export async function removeMember(ws: string, user: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/members/${user}`);
}
/** Answers with the link to pass on where the server sends no mails; it is shown this once. */
export async function invite(ws: string, email: string, role: Role): Promise<string | undefined> {
  return (await api.post<Invitation>(`${inWorkspace(ws)}/invitations`, { email, role })).data.link;
}
export async function revokeInvitation(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/invitations/${id}`);
}
export async function createApiKey(
  ws: string,
  body: { name: string; role: Role; expires_at?: string },
): Promise<ApiKey> {
  return (await api.post<ApiKey>(`${inWorkspace(ws)}/api-keys`, body)).data;
}
export async function revokeApiKey(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/api-keys/${id}`);
}
export async function createCredential(
  ws: string,
  body: { provider: string; name: string; secret: Record<string, string>; hosts: string[] },
): Promise<Credential> {
  return (await api.post<Credential>(`${inWorkspace(ws)}/credentials`, body)).data;
}
export async function rotateCredential(ws: string, id: string, secret: Record<string, string>): Promise<void> {
  await api.post(`${inWorkspace(ws)}/credentials/${id}/rotate`, { secret });
}
export async function changeCredentialHosts(ws: string, id: string, hosts: string[]): Promise<void> {
  await api.put(`${inWorkspace(ws)}/credentials/${id}/hosts`, { hosts });
}
export async function deleteCredential(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/credentials/${id}`);
}
export interface PasswordChange {
  current_password: string;
  new_password: string;
  revoke_api_keys: boolean;
}
export async function changePassword(change: PasswordChange): Promise<void> {
  await api.post('/auth/change-password', change);
}
export async function revokeSession(id: string): Promise<void> {
  await api.delete(`/auth/sessions/${id}`);
}
export async function revokeOtherSessions(): Promise<void> {
  await api.delete('/auth/sessions');
}
