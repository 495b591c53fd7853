import { Router } from './http';
import { importRoutes } from './imports';
import { authRoutes, creditRoutes, enrichmentRoutes } from './rest';
import { seed } from './seed';
import type { MockState } from './state';
import { tableRoutes } from './tables';

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
  importRoutes(router, state);
  return { state, handle: (request) => router.handle(request) };
}
