import {
  Activity,
  Cable,
  ChartLine,
  Coins,
  CreditCard,
  Gauge,
  History,
  House,
  Settings,
  TextSearch,
  Upload,
  UserSearch,
  Workflow,
  type LucideIcon,
} from 'lucide-react';
import { useMemo } from 'react';
import { useCan } from '@/api/permissions';
import { useSession } from '@/lib/session';

/** The groups that fold in the rail; what is in Start stands above the tables. */
export const groups = ['Data', 'Insight', 'Workspace'] as const;

export interface Destination {
  group: (typeof groups)[number] | 'Start';
  /** The path inside the workspace. */
  to: string;
  label: string;
  icon: LucideIcon;
  /** The permission without which it is not shown; 'operator' for those who run the installation. */
  needs?: string;
}

/** The pages that the rail and Ctrl+K lead to, besides the tables: one line here and one in app/routes.tsx each. */
const destinations: readonly Destination[] = [
  { group: 'Start', to: '', label: 'Home', icon: House },
  { group: 'Data', to: 'search', label: 'Search', icon: TextSearch, needs: 'tables.read' },
  { group: 'Data', to: 'import', label: 'Import', icon: Upload, needs: 'data.import' },
  { group: 'Data', to: 'find', label: 'Find people', icon: UserSearch, needs: 'data.import' },
  { group: 'Data', to: 'workflows', label: 'Workflows', icon: Workflow, needs: 'tables.read' },
  { group: 'Data', to: 'jobs', label: 'Jobs', icon: Activity, needs: 'tables.read' },
  { group: 'Data', to: 'integrations', label: 'Integrations', icon: Cable, needs: 'integrations.read' },
  { group: 'Insight', to: 'analytics', label: 'Analytics', icon: ChartLine, needs: 'tables.read' },
  { group: 'Workspace', to: 'credits', label: 'Credits', icon: Coins, needs: 'credits.read' },
  { group: 'Workspace', to: 'billing', label: 'Billing', icon: CreditCard, needs: 'credits.read' },
  { group: 'Workspace', to: 'activity', label: 'Activity', icon: History, needs: 'members.read' },
  { group: 'Workspace', to: 'admin', label: 'Status', icon: Gauge, needs: 'operator' },
  { group: 'Workspace', to: 'settings', label: 'Settings', icon: Settings },
];

/** Those of the pages that the signed-in member may see. */
export function useDestinations(workspaceId: string): Destination[] {
  const can = useCan(workspaceId);
  const operator = useSession((s) => s.user?.operator ?? false);
  return useMemo(
    () => destinations.filter((d) => d.needs === undefined || (d.needs === 'operator' ? operator : can(d.needs))),
    [can, operator],
  );
}
