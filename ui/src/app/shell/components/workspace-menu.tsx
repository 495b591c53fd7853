import { ChevronsUpDown, Plus } from 'lucide-react';
import { useNavigate } from 'react-router';
import { Avatar } from '@/components/avatar';
import { MenuTrigger } from '@/components/menu';
import { useSession } from '@/lib/session';

export function WorkspaceMenu({ workspaceId }: { workspaceId: string }) {
  const workspaces = useSession((s) => s.workspaces);
  const navigate = useNavigate();
  const name = workspaces.find((w) => w.id === workspaceId)?.name ?? '';
  return (
    <MenuTrigger
      label="Workspaces"
      items={[
        ...workspaces.map((w) => ({
          label: w.name,
          checked: w.id === workspaceId,
          onSelect: () => void navigate(`/w/${w.id}`),
        })),
        null,
        { label: 'New workspace', icon: <Plus size={14} />, onSelect: () => void navigate('/welcome') },
      ]}
      trigger={(props) => (
        <button
          type="button"
          {...props}
          className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left transition-colors hover:bg-hover"
        >
          <Avatar name={name} square />
          <span className="min-w-0 flex-1 truncate text-md font-semibold">{name}</span>
          <ChevronsUpDown size={14} className="text-ink-3" />
        </button>
      )}
    />
  );
}
