/** What a stand-in's wire log tells of answers: when the first came to something, and how many did. */
export interface Answers {
  /** ms since 1970; undefined while nobody has answered. */
  first(name: string): number | undefined;
  count(name: string): number;
}

/** Reads a log that grows, each line once. `answered`: the name of what a line answers, undefined for others. */
export function openAnswers<Line extends { readonly at: number }>(
  log: readonly Line[],
  answered: (line: Line) => string | undefined,
): Answers {
  const times = new Map<string, number[]>();
  let read = 0;
  const timesOf = (name: string): readonly number[] => {
    for (; read < log.length; read++) {
      const line = log[read]!;
      const found = answered(line);
      if (found === undefined) continue;
      const known = times.get(found);
      if (known) known.push(line.at);
      else times.set(found, [line.at]);
    }
    return times.get(name) ?? [];
  };
  return { first: (name) => timesOf(name)[0], count: (name) => timesOf(name).length };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
/** A field that may be an object or its JSON, as uploads carry it. */
const objectIn = (value: unknown): Readonly<Record<string, unknown>> => {
  const read: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return isObject(read) ? read : {};
};

/** The message that a post on Discord replies to. */
export function repliedOnDiscord(line: {
  readonly way: string;
  readonly what: string;
  readonly body?: unknown;
}): string | undefined {
  if (line.way !== 'request' || !/^POST .*\/channels\/\d+\/messages$/.test(line.what)) return undefined;
  const { message_id } = objectIn(objectIn(line.body).message_reference);
  return message_id === undefined ? undefined : String(message_id);
}

/** The press, or `<chat>:<message>`, that a call of the Bot API answers. */
export function answeredOnTelegram(line: {
  readonly way: string;
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}): string | undefined {
  if (line.way !== 'call') return undefined;
  const { callback_query_id, chat_id, reply_parameters } = line.fields;
  if (line.what === 'answerCallbackQuery') return String(callback_query_id);
  return line.what.startsWith('send') && reply_parameters !== undefined
    ? `${chat_id}:${objectIn(reply_parameters).message_id}`
    : undefined;
}
