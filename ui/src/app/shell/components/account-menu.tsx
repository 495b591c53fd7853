import { useQueryClient } from '@tanstack/react-query';
import { LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react';
import { useNavigate } from 'react-router';
import { Avatar } from '@/components/avatar';
import { MenuTrigger } from '@/components/menu';
import { logout } from '@/features/auth/api/auth';
import { useSession } from '@/lib/session';
import { useUi } from '@/lib/ui-store';

export function AccountMenu({ workspaceId }: { workspaceId: string }) {
  const user = useSession((s) => s.user);
  const { theme, setTheme } = useUi();
  const navigate = useNavigate();
  const client = useQueryClient();
  const name = user?.name ?? '';
  return (
    <MenuTrigger
      label="Account"
      header={<p className="border-b border-line px-2 pt-1 pb-2 text-sm text-ink-3">{user?.email}</p>}
      items={[
        {
          label: 'Account and sessions',
          icon: <UserRound size={14} />,
          onSelect: () => void navigate(`/w/${workspaceId}/settings/account`),
        },
        null,
        { label: 'Light', icon: <Sun size={14} />, checked: theme === 'light', onSelect: () => setTheme('light') },
        { label: 'Dark', icon: <Moon size={14} />, checked: theme === 'dark', onSelect: () => setTheme('dark') },
        {
          label: 'System',
          icon: <Monitor size={14} />,
          checked: theme === 'system',
          onSelect: () => setTheme('system'),
        },
        null,
        {
          label: 'Sign out',
          icon: <LogOut size={14} />,
          onSelect: () => {
            void logout().finally(() => client.clear());
          },
        },
      ]}
      trigger={(props) => (
        <button
          type="button"
          {...props}
          className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left transition-colors hover:bg-hover"
        >
          <Avatar name={name} />
          <span className="min-w-0 flex-1 truncate">{name}</span>
        </button>
      )}
    />
  );
}
