import { lazy, Suspense, type ReactNode } from 'react';
import { Navigate, type RouteObject } from 'react-router';
import { SkeletonRows } from '@/components/states';
import { Guest, SignedIn } from '@/features/auth/guards';
import { LoginPage } from '@/features/auth/login-page';
import { Shell } from '@/features/shell/shell';
import { Home } from '@/features/shell/home';
import { RouteError } from './route-error';

const RegisterPage = lazy(() => import('@/features/auth/register-page').then((m) => ({ default: m.RegisterPage })));
const ResetPage = lazy(() => import('@/features/auth/reset-page').then((m) => ({ default: m.ResetPage })));
const InvitationPage = lazy(() =>
  import('@/features/auth/invitation-page').then((m) => ({ default: m.InvitationPage })),
);
const WelcomePage = lazy(() => import('@/features/shell/welcome-page').then((m) => ({ default: m.WelcomePage })));
const TablesPage = lazy(() => import('@/features/tables/tables-page').then((m) => ({ default: m.TablesPage })));
const TablePage = lazy(() => import('@/features/grid/table-page').then((m) => ({ default: m.TablePage })));
const ImportPage = lazy(() => import('@/features/imports/import-page').then((m) => ({ default: m.ImportPage })));
const JobsPage = lazy(() => import('@/features/jobs/jobs-page').then((m) => ({ default: m.JobsPage })));
const JobPage = lazy(() => import('@/features/jobs/job-page').then((m) => ({ default: m.JobPage })));
const CreditsPage = lazy(() => import('@/features/credits/credits-page').then((m) => ({ default: m.CreditsPage })));
const WorkspacePage = lazy(() =>
  import('@/features/settings/workspace-page').then((m) => ({ default: m.WorkspacePage })),
);
const MembersPage = lazy(() => import('@/features/settings/members-page').then((m) => ({ default: m.MembersPage })));
const ApiKeysPage = lazy(() => import('@/features/settings/api-keys-page').then((m) => ({ default: m.ApiKeysPage })));
const CredentialsPage = lazy(() =>
  import('@/features/settings/credentials-page').then((m) => ({ default: m.CredentialsPage })),
);
const AccountPage = lazy(() => import('@/features/settings/account-page').then((m) => ({ default: m.AccountPage })));
const SettingsLayout = lazy(() =>
  import('@/features/settings/settings-layout').then((m) => ({ default: m.SettingsLayout })),
);

function page(element: ReactNode): ReactNode {
  return <Suspense fallback={<SkeletonRows rows={6} />}>{element}</Suspense>;
}

export const routes: RouteObject[] = [
  {
    errorElement: <RouteError />,
    children: [
      {
        element: <Guest />,
        children: [
          { path: '/login', element: <LoginPage /> },
          { path: '/register', element: page(<RegisterPage />) },
          { path: '/reset-password', element: page(<ResetPage />) },
        ],
      },
      { path: '/invitations/:token', element: page(<InvitationPage />) },
      {
        element: <SignedIn />,
        children: [
          { path: '/', element: <Home /> },
          { path: '/welcome', element: page(<WelcomePage />) },
          {
            path: '/w/:workspaceId',
            element: <Shell />,
            errorElement: <RouteError />,
            children: [
              { index: true, element: <Navigate to="tables" replace /> },
              { path: 'tables', element: page(<TablesPage />) },
              { path: 'tables/:tableId', element: page(<TablePage />) },
              { path: 'import', element: page(<ImportPage />) },
              { path: 'jobs', element: page(<JobsPage />) },
              { path: 'jobs/:jobId', element: page(<JobPage />) },
              { path: 'credits', element: page(<CreditsPage />) },
              {
                path: 'settings',
                element: page(<SettingsLayout />),
                children: [
                  { index: true, element: <Navigate to="workspace" replace /> },
                  { path: 'workspace', element: page(<WorkspacePage />) },
                  { path: 'members', element: page(<MembersPage />) },
                  { path: 'api-keys', element: page(<ApiKeysPage />) },
                  { path: 'credentials', element: page(<CredentialsPage />) },
                  { path: 'account', element: page(<AccountPage />) },
                ],
              },
            ],
          },
        ],
      },
      { path: '*', element: <RouteError missing /> },
    ],
  },
];
