import type { Desk, Method } from './desk.ts';
import { isTrue, listOf, numberIn, objectOf, parsed, textIn } from './fields.ts';
import { refuse } from './refusal.ts';
import type { Fields } from './world.ts';

/** One result of a bot that was asked by its name in some chat. */
export interface InlineChoice {
  readonly title: string;
  readonly bytes: Buffer;
}

/** What somebody was offered who asked a bot by its name; `button` leads to it. Null until it has answered. */
export interface InlineAnswer {
  readonly choices: readonly InlineChoice[];
  readonly button: string | null;
}

/** Source: Bot API, `answerInlineQuery`, `InlineQueryResultCachedPhoto`: at most fifty, of files that are there. */
export const answerInlineQuery: Method = async ({ world, inlineQueries }, call) => {
  const query = inlineQueries.get(textIn(call, 'inline_query_id'));
  if (!query || query.answer !== null)
    throw refuse(400, 'query is too old and response timeout expired or query ID is invalid');
  const results = listOf(parsed(call, 'results')).map(objectOf);
  if (results.length > 50) throw refuse(400, 'RESULTS_TOO_MUCH');
  if (new Set(results.map(({ id }) => id)).size < results.length) throw refuse(400, 'RESULT_ID_DUPLICATE');
  if (!isTrue(call.fields.is_personal) && (numberIn(call, 'cache_time') ?? 300) > 0)
    throw new Error("somebody's own pictures would be shown to others");
  const { text = null, start_parameter } = objectOf(parsed(call, 'button'));
  if (text !== null && (String(text).length > 64 || !/^[\w-]{1,64}$/.test(String(start_parameter))))
    throw refuse(400, 'START_PARAM_INVALID');
  query.answer = {
    choices: results.map((result) => choiceOf(world, result)),
    button: text === null ? null : String(text),
  };
  return true;
};

function choiceOf({ media }: Desk['world'], { type, id, photo_file_id, title }: Fields): InlineChoice {
  if (!/^[\x21-\x7e]{1,64}$/.test(String(id))) throw refuse(400, 'RESULT_ID_INVALID');
  const photo = media.get(String(photo_file_id));
  if (type !== 'photo' || photo?.kind !== 'photo') throw refuse(400, 'wrong file identifier/HTTP URL specified');
  return { title: String(title ?? ''), bytes: photo.sizes.at(-1)!.bytes };
}
