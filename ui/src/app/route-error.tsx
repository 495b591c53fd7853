import { Compass, TriangleAlert } from 'lucide-react';
import { Link, useRouteError } from 'react-router';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Empty } from '@/components/states';

/** The page of a broken or unknown address. */
export function RouteError({ missing }: { missing?: boolean }) {
  const error = useRouteError();
  return (
    <main className="flex h-full items-center justify-center">
      <Empty
        page
        icon={missing ? <Compass size={20} /> : <TriangleAlert size={20} />}
        title={missing ? 'There is nothing here' : 'This page could not be shown'}
        text={missing ? 'The address is wrong, or what it showed is gone.' : messageOf(error)}
        action={
          <>
            <Link
              to="/"
              className="inline-flex h-8 items-center rounded-md bg-primary px-3 font-medium text-on-primary"
            >
              Go to your tables
            </Link>
            {!missing && <Button onClick={() => window.location.reload()}>Reload</Button>}
          </>
        }
      />
    </main>
  );
}
