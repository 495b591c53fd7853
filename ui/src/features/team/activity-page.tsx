import { useSearchParams } from 'react-router';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { Page } from '@/components/page';
import { cx } from '@/lib/cx';
import { ActivityList } from './components/activity-list';
import { AuditLog } from './components/audit-log';

export function ActivityPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const [params, setParams] = useSearchParams();
  const audits = can('audit.read');
  const audit = audits && params.get('tab') === 'audit';
  const tab = (name: 'activity' | 'audit', label: string) => {
    const chosen = audit === (name === 'audit');
    return (
      <button
        type="button"
        role="tab"
        id={`tab-${name}`}
        aria-selected={chosen}
        aria-controls="activity-panel"
        tabIndex={chosen ? 0 : -1}
        onClick={() => setParams(name === 'audit' ? { tab: 'audit' } : {}, { replace: true })}
        className={cx(
          '-mb-px h-9 border-b-2 px-3 text-base font-medium transition-colors',
          chosen ? 'border-primary text-ink' : 'border-transparent text-ink-2 hover:text-ink',
        )}
      >
        {label}
      </button>
    );
  };
  return (
    <Page title="Activity" text="Who did what in this workspace, from the log itself." wide={audit}>
      {audits && (
        <div
          role="tablist"
          aria-label="Activity"
          className="flex gap-1 border-b border-line"
          onKeyDown={(e) => {
            if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
            const next = audit ? 'activity' : 'audit';
            setParams(next === 'audit' ? { tab: 'audit' } : {}, { replace: true });
            document.getElementById(`tab-${next}`)?.focus();
          }}
        >
          {tab('activity', 'Activity')}
          {tab('audit', 'Audit')}
        </div>
      )}
      <div
        id="activity-panel"
        {...(audits ? { role: 'tabpanel', 'aria-labelledby': audit ? 'tab-audit' : 'tab-activity' } : {})}
      >
        {audit ? <AuditLog ws={ws} /> : <ActivityList ws={ws} />}
      </div>
    </Page>
  );
}
