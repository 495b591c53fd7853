import { parseExact } from '@/lib/exact-json';
import { ApiError, NetworkError, type ErrorDetail } from './errors';
import type { SignedIn } from './types';

export type QueryValue = string | number | boolean | null | undefined;

export interface RequestOptions {
  /** Of a stream; GET by default. */
  method?: string;
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** Sent as it is, without JSON (uploads). */
  raw?: BodyInit;
  contentType?: string;
  /** A write repeats safely under the same key; one is made when none is given. */
  key?: string;
  signal?: AbortSignal | undefined;
  /** A read waits until it reflects this position too, 2 s at most; then `meta.stale` is true. */
  minPosition?: number;
  headers?: Record<string, string>;
  /** The call needs no session: no token, no refresh. */
  anonymous?: boolean;
  /** The user that the call is for; it is not made as another one who has signed in meanwhile. */
  as?: string;
  /** The call goes on when the page is left. */
  keepalive?: boolean;
  /** Calls with the same text here are one step of undo. */
  gesture?: string;
}

export interface Meta {
  request_id?: string;
  next_cursor?: string;
  position?: number;
  stale?: boolean;
  total?: number;
  as_of?: { position: number; at: string };
  facets?: Record<string, { value: string; label?: string; count: number }[]>;
}

export interface Answer<T> {
  data: T;
  meta: Meta;
  /** Log position of the write, 0 for reads. */
  position: number;
}

interface Envelope {
  success: boolean;
  data: unknown;
  error: { code: string; message: string; details?: ErrorDetail[] | null } | null;
  meta?: Meta | null;
}

const BASE = '/api/v1';
const WORKSPACE = /^\/workspaces\/([^/?]+)/;

/**
 * The one place that speaks HTTP. It keeps the access token in memory only, refreshes it once for all waiting calls,
 * gives every write an idempotency key, and remembers per workspace the last position written so that later reads see it.
 */
export class ApiClient {
  private token: string | null = null;
  private owner: string | null = null;
  private refreshing: Promise<SignedIn | null> | null = null;
  private readonly positions = new Map<string, number>();
  /** The last of all positions, for what belongs to no workspace, such as the list of one's workspaces. */
  private latest = 0;
  private signedOut: () => void = () => undefined;

  constructor(private readonly fetcher: typeof fetch = (...args) => fetch(...args)) {}

  onSignedOut(listener: () => void): void {
    this.signedOut = listener;
  }
  setToken(token: string | null, owner: string | null = null): void {
    this.token = token;
    this.owner = owner;
    if (token !== null) return;
    this.positions.clear();
    this.latest = 0;
  }
  /** The last position known to be written in the workspace. */
  position(workspace: string): number {
    return this.positions.get(workspace) ?? 0;
  }
  remember(workspace: string, position: number): void {
    if (position > this.position(workspace)) this.positions.set(workspace, position);
  }

  /** Gets a new access token through the refresh cookie; parallel callers share one request. */
  refresh(): Promise<SignedIn | null> {
    this.refreshing ??= this.doRefresh().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }
  private async doRefresh(): Promise<SignedIn | null> {
    try {
      const { data } = await this.request<SignedIn>('POST', '/auth/refresh', { anonymous: true });
      if (this.owner !== null && data.user.id !== this.owner) {
        this.setToken(null); // somebody else has signed in, in another tab: nothing on this page is theirs
        return null;
      }
      this.token = data.access_token;
      this.owner = data.user.id;
      return data;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
        this.token = null;
        return null;
      }
      throw error;
    }
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('GET', path, options);
  }
  post<T>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('POST', path, { ...options, body });
  }
  put<T>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('PUT', path, { ...options, body });
  }
  patch<T>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('PATCH', path, { ...options, body });
  }
  delete<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('DELETE', path, options);
  }

  /** A call whose answer is an envelope. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    const response = await this.send(method, path, options);
    const envelope = await readEnvelope(response);
    if (!response.ok || !envelope.success) throw toError(response, envelope);
    const meta = envelope.meta ?? {};
    const header = Number(response.headers.get('Morket-Position') ?? 0);
    const position = header > 0 ? header : method === 'GET' ? 0 : (meta.position ?? 0);
    const workspace = WORKSPACE.exec(path)?.[1];
    this.latest = Math.max(this.latest, position);
    if (workspace && position > 0) this.remember(workspace, position);
    return { data: envelope.data as T, meta, position };
  }

  /** All pages of a list that is never long. */
  async list<T>(path: string): Promise<T[]> {
    const out: T[] = [];
    let cursor: string | undefined;
    do {
      const page: Answer<T[] | null> = await this.get<T[] | null>(path, { query: { cursor } });
      out.push(...(page.data ?? []));
      cursor = page.meta.next_cursor;
    } while (cursor);
    return out;
  }

  /** A call whose answer is a stream or a file; the error answers are still envelopes. */
  async stream(path: string, options: RequestOptions = {}): Promise<Response> {
    const response = await this.send(options.method ?? 'GET', path, options);
    if (!response.ok) throw toError(response, await readEnvelope(response));
    return response;
  }

  private async send(method: string, path: string, options: RequestOptions): Promise<Response> {
    const key = method === 'GET' ? undefined : (options.key ?? crypto.randomUUID());
    if (!options.anonymous && this.token === null && (await this.refresh()) === null) {
      this.signedOut();
      throw new ApiError(401, 'UNAUTHORIZED', 'Sign in to go on.');
    }
    const used = this.token;
    let response = await this.once(method, path, options, key);
    if (response.status === 401 && !options.anonymous && !(await refusesInput(response))) {
      if (this.token === used && (await this.refresh()) === null) {
        this.signedOut();
        return response;
      }
      response = await this.once(method, path, options, key);
    }
    return response;
  }

  private async once(method: string, path: string, options: RequestOptions, key?: string): Promise<Response> {
    if (options.as && this.owner !== null && options.as !== this.owner)
      throw new ApiError(401, 'OTHER_USER', 'Somebody else is signed in.');
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (options.gesture) headers['Morket-Gesture'] = options.gesture;
    if (key) headers['Idempotency-Key'] = key;
    if (this.token && !options.anonymous) headers['Authorization'] = `Bearer ${this.token}`;
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    if (options.contentType) headers['Content-Type'] = options.contentType;
    const workspace = WORKSPACE.exec(path)?.[1];
    const position = workspace ? Math.max(this.position(workspace), options.minPosition ?? 0) : this.latest;
    if (method === 'GET' && position > 0) headers['Morket-Min-Position'] = String(position);
    const init: RequestInit = { method, headers, credentials: 'same-origin' };
    if (options.signal) init.signal = options.signal;
    if (options.keepalive) init.keepalive = true;
    if (options.raw !== undefined) init.body = options.raw;
    else if (options.body !== undefined) init.body = JSON.stringify(options.body);
    try {
      return await this.fetcher(BASE + path + queryString(options.query), init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new NetworkError(error instanceof Error ? error.message : 'the request failed');
    }
  }
}

export function queryString(query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

async function readEnvelope(response: Response): Promise<Envelope> {
  try {
    return parseExact(await response.text()) as Envelope;
  } catch {
    return { success: false, data: null, error: null };
  }
}

/** What a signed-in person typed was wrong: another access token changes nothing, and a repeat would count as another guess. */
async function refusesInput(response: Response): Promise<boolean> {
  const { error } = await readEnvelope(response.clone());
  return error?.code === 'INVALID_CREDENTIALS' || error?.code === 'INVALID_CODE';
}

function toError(response: Response, envelope: Envelope): ApiError {
  const retry = Number(response.headers.get('Retry-After') ?? NaN);
  return new ApiError(
    response.status,
    envelope.error?.code ?? 'ERROR',
    envelope.error?.message ?? `The server answered ${response.status}.`,
    envelope.error?.details ?? [],
    envelope.meta?.request_id ?? response.headers.get('X-Request-Id') ?? undefined,
    Number.isFinite(retry) ? retry : undefined,
  );
}

/** The client of the app. */
export const api = new ApiClient();
