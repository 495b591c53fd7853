import { Menu as MenuIcon } from 'lucide-react';
import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { IconButton } from '@/components/button';
import { ErrorBoundary } from '@/components/error-boundary';
import { MentionsButton } from '@/features/comments/components/mentions-button';
import { setWorkspaceZone } from '@/grid/typed/zone';
import { cx } from '@/lib/cx';
import { useSession } from '@/lib/session';
import { useUi } from '@/lib/ui-store';
import { Palette } from './components/palette';
import { Rail } from './components/rail';

/** The frame around a workspace: the rail at the left, the page, the quick switch. */
export function Shell() {
  const ws = useWorkspaceId();
  const known = useSession((s) => s.workspaces.some((w) => w.id === ws));
  const name = useSession((s) => s.workspaces.find((w) => w.id === ws)?.name);
  const can = useCan(ws);
  const zone = useSession((s) => s.workspaces.find((w) => w.id === ws)?.time_zone) ?? 'UTC';
  setWorkspaceZone(zone);
  const { railOpen, paletteOpen, setRail, setPalette } = useUi();
  const { pathname } = useLocation();

  useEffect(() => setRail(false), [pathname, setRail]);
  useEffect(() => {
    const key = (e: KeyboardEvent): void => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
        e.preventDefault();
        setPalette(true);
      }
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [setPalette]);

  if (!known) return <Navigate to="/" replace />;
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-primary focus:px-3 focus:py-1 focus:text-on-primary"
      >
        Skip to the content
      </a>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-surface px-2 md:hidden">
        <IconButton label="Open the menu" onClick={() => setRail(true)}>
          <MenuIcon size={18} />
        </IconButton>
        <span className="min-w-0 flex-1 truncate font-semibold">{name}</span>
        {can('tables.read') && <MentionsButton workspaceId={ws} />}
      </header>
      {railOpen && (
        <div aria-hidden className="fixed inset-0 z-30 bg-[var(--overlay)] md:hidden" onClick={() => setRail(false)} />
      )}
      <div className={cx('fixed inset-y-0 left-0 z-40 w-60 md:static md:block', railOpen ? 'block' : 'hidden')}>
        <Rail workspaceId={ws} />
      </div>
      <main id="content" className="min-h-0 min-w-0 flex-1 bg-canvas">
        <ErrorBoundary key={pathname}>
          <Outlet />
        </ErrorBoundary>
      </main>
      {paletteOpen && <Palette workspaceId={ws} onClose={() => setPalette(false)} />}
    </div>
  );
}
