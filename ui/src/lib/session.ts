import { create } from 'zustand';
import type { Membership, Role, User } from '@/api/types';

export type SessionStatus = 'starting' | 'signed-out' | 'signed-in';

interface SessionState {
  status: SessionStatus;
  user: User | null;
  workspaces: Membership[];
  begin: (user: User, workspaces: Membership[]) => void;
  end: () => void;
}

/** Who is signed in. Data of the server stays in the query cache; this is only the session. */
export const useSession = create<SessionState>()((set) => ({
  status: 'starting',
  user: null,
  workspaces: [],
  begin: (user, workspaces) => set({ status: 'signed-in', user, workspaces }),
  end: () => set({ status: 'signed-out', user: null, workspaces: [] }),
}));

export function useRole(workspaceId: string): Role | null {
  return useSession((s) => s.workspaces.find((w) => w.id === workspaceId)?.role ?? null);
}
