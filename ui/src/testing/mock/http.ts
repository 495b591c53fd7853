/** A tiny router for the in-memory server: patterns with `:name` segments, envelopes, errors. */
export interface Call {
  params: Record<string, string>;
  query: URLSearchParams;
  body: unknown;
  request: Request;
}
export type Handler = (call: Call) => Reply | Response | Promise<Reply | Response>;
export interface Reply {
  data: unknown;
  status?: number;
  meta?: Record<string, unknown>;
  position?: number;
  headers?: Record<string, string>;
}
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: { field?: string; message: string }[] = [],
  ) {
    super(message);
  }
}

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
}

export class Router {
  private readonly routes: Route[] = [];
  on(method: string, path: string, handler: Handler): this {
    const names: string[] = [];
    const source = path
      .replace('W', '/workspaces/:ws')
      .replace(/\./g, '\\.')
      .replace(/\/:(\w+)/g, (_, name: string) => {
        names.push(name);
        return '/([^/]+?)';
      });
    this.routes.push({ method, pattern: new RegExp(`^${source}$`), names, handler });
    return this;
  }
  async handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/api\/v1/, '');
    for (const route of this.routes) {
      const m = route.method === request.method ? route.pattern.exec(path) : null;
      if (!m) continue;
      const params = Object.fromEntries(route.names.map((n, i) => [n, decodeURIComponent(m[i + 1] ?? '')]));
      try {
        const json = request.headers.get('Content-Type')?.includes('json');
        const body: unknown = json ? await request.json() : null;
        const reply = await route.handler({ params, query: url.searchParams, body, request });
        return reply instanceof Response ? reply : answer(reply);
      } catch (e) {
        if (e instanceof Fault) return failure(e);
        throw e;
      }
    }
    return failure(new Fault(404, 'NOT_FOUND', `there is nothing at ${path}`));
  }
}

function answer(reply: Reply): Response {
  const meta = { request_id: 'req_mock', ...(reply.position ? { position: reply.position } : {}), ...reply.meta };
  const headers: Record<string, string> = { ...reply.headers };
  if (reply.position) headers['Morket-Position'] = String(reply.position);
  return Response.json(
    { success: true, data: reply.data, error: null, meta },
    { status: reply.status ?? 200, headers },
  );
}
function failure(f: Fault): Response {
  return Response.json(
    { success: false, data: null, error: { code: f.code, message: f.message, details: f.details }, meta: {} },
    { status: f.status },
  );
}
