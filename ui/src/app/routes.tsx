import type { ComponentType } from 'react';
import { Navigate, type RouteObject } from 'react-router';
import { SkeletonRows } from '@/components/states';
import { Guest, SignedIn } from '@/features/auth/guards';
import { LoginPage } from '@/features/auth/login-page';
import { Shell } from './shell/shell';
import { Home } from './shell/home';
import { RouteError } from './route-error';

/** A page whose code is loaded when it is gone to. */
function page(path: string, load: () => Promise<ComponentType>) {
  return { path, lazy: async () => ({ Component: await load() }) };
}

export const routes: RouteObject[] = [
  {
    errorElement: <RouteError />,
    hydrateFallbackElement: <SkeletonRows rows={6} />,
    children: [
      {
        element: <Guest />,
        children: [
          { path: '/login', element: <LoginPage /> },
          page('/register', async () => (await import('@/features/auth/register-page')).RegisterPage),
          page('/reset-password', async () => (await import('@/features/auth/reset-page')).ResetPage),
        ],
      },
      page('/sign-on', async () => (await import('@/features/auth/sign-on-page')).SignOnPage),
      page('/invitations/:token', async () => (await import('@/features/auth/invitation-page')).InvitationPage),
      {
        element: <SignedIn />,
        children: [
          { path: '/', element: <Home /> },
          page('/welcome', async () => (await import('./shell/welcome-page')).WelcomePage),
          {
            path: '/w/:workspaceId',
            element: <Shell />,
            errorElement: <RouteError />,
            children: [
              { index: true, ...page('', async () => (await import('./home/home-page')).HomePage) },
              page('tables', async () => (await import('@/features/tables/tables-page')).TablesPage),
              page('tables/:tableId', async () => (await import('@/features/grid/table-page')).TablePage),
              page(
                'tables/:tableId/duplicates',
                async () => (await import('@/features/duplicates/duplicates-page')).DuplicatesPage,
              ),
              page(
                'tables/:tableId/columns/:columnId/backtest',
                async () => (await import('@/features/enrichment/backtest-page')).BacktestPage,
              ),
              page('tables/:tableId/rows/:rowId', async () => (await import('@/features/grid/row-page')).RowPage),
              page('import', async () => (await import('@/features/imports/import-page')).ImportPage),
              page('find', async () => (await import('@/features/find/find-page')).FindPage),
              page(
                'integrations',
                async () => (await import('@/features/integrations/integrations-page')).IntegrationsPage,
              ),
              page('integrations/sync', async () => (await import('@/features/integrations/sync-page')).SyncPage),
              page(
                'integrations/syncs/:syncId/conflicts',
                async () => (await import('@/features/integrations/conflicts-page')).ConflictsPage,
              ),
              page('integrations/runs/:runId', async () => (await import('@/features/integrations/run-page')).RunPage),
              page('workflows', async () => (await import('@/features/workflows/workflows-page')).WorkflowsPage),
              page('workflows/:workflowId', async () => (await import('./workflow-route')).WorkflowRoute),
              page('jobs', async () => (await import('@/features/jobs/jobs-page')).JobsPage),
              page('jobs/:jobId', async () => (await import('@/features/jobs/job-page')).JobPage),
              page('search', async () => (await import('@/features/search/search-page')).SearchPage),
              page('analytics', async () => (await import('@/features/analytics/analytics-page')).AnalyticsPage),
              page('activity', async () => (await import('@/features/team/activity-page')).ActivityPage),
              page('admin', async () => (await import('@/features/admin/admin-page')).AdminPage),
              page('billing', async () => (await import('@/features/billing/billing-page')).BillingPage),
              page('credits', async () => (await import('@/features/credits/credits-page')).CreditsPage),
              {
                ...page('settings', async () => (await import('@/features/settings/settings-layout')).SettingsLayout),
                children: [
                  { index: true, element: <Navigate to="workspace" replace /> },
                  page('workspace', async () => (await import('@/features/settings/workspace-page')).WorkspacePage),
                  page('members', async () => (await import('@/features/settings/members-page')).MembersPage),
                  page('api-keys', async () => (await import('@/features/settings/api-keys-page')).ApiKeysPage),
                  page(
                    'credentials',
                    async () => (await import('@/features/settings/credentials-page')).CredentialsPage,
                  ),
                  page('providers', async () => (await import('@/features/enrichment/providers-page')).ProvidersPage),
                  page('webhooks', async () => (await import('@/features/settings/webhooks-page')).WebhooksPage),
                  page(
                    'webhooks/:webhookId',
                    async () => (await import('@/features/settings/webhook-page')).WebhookPage,
                  ),
                  page('privacy', async () => (await import('@/features/settings/privacy-page')).PrivacyPage),
                  page('account', async () => (await import('@/features/settings/account-page')).AccountPage),
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
