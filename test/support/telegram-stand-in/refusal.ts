/** What an answer says besides, for a program. Source: Bot API, `ResponseParameters` */
export interface Parameters {
  /** Whole seconds. */
  readonly retry_after?: number;
  readonly migrate_to_chat_id?: number;
}

/** An answer with `ok: false`. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly code: number;
  readonly parameters: Parameters | null;
  constructor(code: number, description: string, parameters: Parameters | null) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

const prefixes: Readonly<Record<number, string>> = { 400: 'Bad Request: ', 403: 'Forbidden: ', 409: 'Conflict: ' };

/** In the words of the Bot API. */
export function refuse(code: number, description: string): ApiRefusal {
  return new ApiRefusal(code, `${prefixes[code] ?? ''}${description}`, null);
}

/** @param retryAfter  whole seconds */
export function tooMany(retryAfter: number): ApiRefusal {
  return new ApiRefusal(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter });
}

/** Whatever is done in a group that has become a supergroup. Source: tdlib/telegram-bot-api `Client::check_chat` */
export function upgraded(to: number): ApiRefusal {
  const words = 'Bad Request: group chat was upgraded to a supergroup chat';
  return new ApiRefusal(400, words, { migrate_to_chat_id: to });
}
