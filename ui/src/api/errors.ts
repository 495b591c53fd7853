export interface ErrorDetail {
  field?: string;
  message: string;
}

/** The server answered with an error; `code` is stable, `message` is for people. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: ErrorDetail[] = [],
    readonly requestId?: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
  /** Repeating the same request (with the same key) may succeed. */
  get temporary(): boolean {
    return this.status === 429 || this.status === 503 || this.status === 502 || this.status === 504;
  }
  /** The message of one field, for a form. */
  field(name: string): string | undefined {
    return this.details.find((d) => d.field === name || d.field?.endsWith(`.${name}`))?.message;
  }
}

/** The request did not reach the server or its answer did not come back. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

/** One sentence for a toast or a form. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    const first = error.details[0];
    return first && error.status === 422 && first.message !== error.message
      ? `${error.message}: ${first.field ? `${first.field}: ` : ''}${first.message}`
      : error.message;
  }
  if (error instanceof NetworkError) return 'The server can’t be reached. Check your connection and try again.';
  return error instanceof Error ? error.message : 'Something went wrong.';
}
