import { billingRoutes } from './billing.ts';
import { commentRoutes } from './comments.ts';
import { erasureRoutes } from './erasures.ts';
import { findRoutes } from './find.ts';
import { Router } from './http.ts';
import { importRoutes } from './imports.ts';
import { integrationRoutes } from './integrations.ts';
import { authRoutes, creditRoutes, enrichmentRoutes } from './rest.ts';
import { searchRoutes } from './search.ts';
import { seed } from './seed.ts';
import type { MockState } from './state.ts';
import { tableRoutes } from './tables.ts';
import { webhookRoutes } from './webhooks.ts';

export interface MockApp {
  state: MockState;
  handle: (request: Request) => Promise<Response>;
}

/** An in-memory server with the shapes of the real one: for tests, and for looking at the interface without a backend. */
export function mockApp(rows?: number): MockApp {
  const state = seed(rows);
  const router = new Router();
  authRoutes(router, state);
  tableRoutes(router, state);
  enrichmentRoutes(router, state);
  creditRoutes(router, state);
  billingRoutes(router);
  importRoutes(router, state);
  searchRoutes(router, state);
  webhookRoutes(router);
  commentRoutes(router, state);
  erasureRoutes(router);
  findRoutes(router);
  integrationRoutes(router, state);
  return { state, handle: (request) => router.handle(request) };
}
