import { create } from 'zustand';
import type { Membership, Role, User } from '@/api/types';
import { store, stored } from './storage';

/** Unreachable: whether somebody is signed in could not be asked. */
export type SessionStatus = 'starting' | 'signed-out' | 'signed-in' | 'unreachable';

const KEY = 'morket.session';

interface SessionState {
  status: SessionStatus;
  user: User | null;
  workspaces: Membership[];
  begin: (user: User, workspaces: Membership[]) => void;
  end: () => void;
  retry: () => void;
  fail: () => void;
}

/** Who is signed in. Data of the server stays in the query cache; this is only the session. */
export const useSession = create<SessionState>()((set) => ({
  status: 'starting',
  user: null,
  workspaces: [],
  begin: (user, workspaces) => {
    store(KEY, 'yes');
    set({ status: 'signed-in', user, workspaces });
  },
  end: () => {
    store(KEY, null);
    set({ status: 'signed-out', user: null, workspaces: [] });
  },
  retry: () => set({ status: 'starting' }),
  fail: () => set({ status: 'unreachable' }),
}));

export function useRole(workspaceId: string): Role | null {
  return useSession((s) => s.workspaces.find((w) => w.id === workspaceId)?.role ?? null);
}

/**
 * Whether this browser has signed in before and not out: only then is there a session to take up. The cookie that holds
 * it can't be seen from here, and asking for one that was never made is an error in the console.
 */
export function wasSignedIn(): boolean {
  return stored(KEY) !== null;
}
