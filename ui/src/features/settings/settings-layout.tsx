import { Boxes, Building2, KeyRound, Lock, ShieldCheck, UserRound, Users, Webhook } from 'lucide-react';
import { NavLink, Outlet } from 'react-router';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { cx } from '@/lib/cx';

/** The settings' own navigation; what the role may not see is not there. */
export function SettingsLayout() {
  const can = useCan(useWorkspaceId());
  const pages = [
    { to: 'workspace', label: 'Workspace', icon: <Building2 size={15} />, shown: true },
    { to: 'members', label: 'Members', icon: <Users size={15} />, shown: can('members.read') },
    { to: 'api-keys', label: 'API keys', icon: <KeyRound size={15} />, shown: can('api_keys.manage') },
    { to: 'credentials', label: 'Credentials', icon: <Lock size={15} />, shown: can('credentials.read') },
    { to: 'providers', label: 'Providers', icon: <Boxes size={15} />, shown: true },
    { to: 'webhooks', label: 'Webhooks', icon: <Webhook size={15} />, shown: can('webhooks.manage') },
    { to: 'privacy', label: 'Privacy', icon: <ShieldCheck size={15} />, shown: can('people.erase') },
    { to: 'account', label: 'My account', icon: <UserRound size={15} />, shown: true },
  ];
  return (
    <div className="flex h-full flex-col">
      <nav aria-label="Settings" className="shrink-0 overflow-x-auto border-b border-line bg-surface">
        <div className="mx-auto flex max-w-[1200px] gap-1 px-2 sm:px-[22px]">
          {pages
            .filter((p) => p.shown)
            .map((p) => (
              <NavLink
                key={p.to}
                to={p.to}
                className={({ isActive }) =>
                  cx(
                    '-mb-px flex h-11 shrink-0 items-center gap-2 border-b-2 px-2.5 font-medium',
                    isActive ? 'border-primary text-ink' : 'border-transparent text-ink-2 hover:text-ink',
                  )
                }
              >
                {p.icon}
                {p.label}
              </NavLink>
            ))}
        </div>
      </nav>
      <div className="min-h-0 flex-1">
        <Outlet />
      </div>
    </div>
  );
}
