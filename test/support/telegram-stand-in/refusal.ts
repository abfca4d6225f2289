/** An answer with `ok: false`. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly code: number;
  readonly retryAfter: number | null;
  constructor(code: number, description: string, retryAfter: number | null) {
    super(description);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const prefixes: Readonly<Record<number, string>> = { 400: 'Bad Request: ', 403: 'Forbidden: ', 409: 'Conflict: ' };

/** In the words of the Bot API. */
export function refuse(code: number, description: string): ApiRefusal {
  return new ApiRefusal(code, `${prefixes[code] ?? ''}${description}`, null);
}

/** @param retryAfter  whole seconds */
export function tooMany(retryAfter: number): ApiRefusal {
  return new ApiRefusal(429, `Too Many Requests: retry after ${retryAfter}`, retryAfter);
}
