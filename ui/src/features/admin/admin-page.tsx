import { Lock } from 'lucide-react';
import { Page } from '@/components/page';
import { Empty } from '@/components/states';
import { useSession } from '@/lib/session';
import { BackupsCard } from './components/backups-card';
import { JobsCard } from './components/jobs-card';
import { LettersCard } from './components/letters-card';
import { ProjectionsCard } from './components/projections-card';

/** For those who run the installation; the server refuses everybody else too. */
export function AdminPage() {
  const operator = useSession((s) => s.user?.operator ?? false);
  if (!operator) {
    return (
      <Empty icon={<Lock size={20} />} title="This page is for operators" text="Ask who runs this installation." />
    );
  }
  return (
    <Page title="Status" text="How the read models follow the log, and what is backed up." wide>
      <LettersCard />
      <ProjectionsCard />
      <BackupsCard />
      <JobsCard />
    </Page>
  );
}
