let zone = 'UTC';

/** The time zone of the workspace that is open: days begin there, and times without a zone are in it. */
export function workspaceZone(): string {
  return zone;
}
export function setWorkspaceZone(name: string): void {
  zone = name;
}
