import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Connect, Plugin } from 'vite';
import { mockApp } from './app.ts';

const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'";

/** Serves /api from memory in `vite --mode mock`; never part of a build. */
export function mockPlugin(): Plugin {
  const app = mockApp();
  app.state.signedIn = true;
  const middleware: Connect.NextHandleFunction = (req, res, next) => {
    if (!req.url?.startsWith('/api/')) {
      next();
      return;
    }
    void answer(app.handle, req, res);
  };
  return {
    name: 'morket-mock',
    configureServer: (server) => {
      server.middlewares.use(middleware);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use((_req, res, next) => {
        res.setHeader('Content-Security-Policy', CSP);
        next();
      });
      server.middlewares.use(middleware);
    },
  };
}

async function answer(
  handle: (r: Request) => Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  res.on('close', () => abort.abort());
  const method = req.method ?? 'GET';
  const body = method === 'GET' ? null : (Readable.toWeb(req) as ReadableStream);
  const request = new Request(`http://mock${req.url ?? '/'}`, {
    method,
    headers: Object.entries(req.headers).flatMap(([k, v]): [string, string][] =>
      typeof v === 'string' ? [[k, v]] : [],
    ),
    signal: abort.signal,
    ...(body ? { body, duplex: 'half' } : {}),
  });
  const response = await handle(request);
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    res.end();
    return;
  }
  res.flushHeaders();
  const reader = response.body.getReader();
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (done || !value) break;
    res.write(value);
  }
  res.end();
}
