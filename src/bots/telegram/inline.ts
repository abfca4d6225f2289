import type { InlineQuery, InlineQueryResultCachedPhoto } from 'telegraf/types';
import type { UserId } from '../../edit/request.ts';
import type { PostedFileStore } from '../../storage/index.ts';
import { languageOf } from '../core/language.ts';
import type { Api } from './api.ts';
import { cut, inert } from './render.ts';
import { words } from './words.ts';

/** Pictures on the list. */
const most = 20;
/** So many of somebody's newest pictures are looked through for the words. */
const lookedAt = 200;
const titleRoom = 100;

/**
 * `@Bot words`, anywhere: a list of the pictures somebody made last, of which they post one. Nothing is made, and nobody else's
 * pictures are shown. Source: Bot API, "Inline mode"
 */
export async function answerInline(
  api: Api,
  posted: Pick<PostedFileStore, 'madeBy'>,
  { id, from, query }: InlineQuery,
): Promise<void> {
  const user: UserId = `telegram:${from.id}`;
  const wanted = query.toLocaleLowerCase().split(/\s+/u);
  const said = (prompt: string) => wanted.every((word) => prompt.toLocaleLowerCase().includes(word));
  const results = (await posted.madeBy(user, 'photo', lookedAt))
    .map(({ node, file }) => ({ node, file, prompt: node.task?.request.params.prompt ?? '' }))
    .filter(({ prompt }) => said(prompt))
    .slice(0, most)
    .map(
      ({ node, file, prompt }): InlineQueryResultCachedPhoto => ({
        ...{ type: 'photo', id: node.id, photo_file_id: file },
        title: cut(inert(prompt), titleRoom) || `#${node.number}`,
      }),
    );
  const { nothingYet } = words[languageOf(from.language_code ?? null) ?? 'en'];
  const button = results.length === 0 && { button: { text: nothingYet, start_parameter: 'h' } };
  await api.call('answerInlineQuery', { inline_query_id: id, results, is_personal: true, cache_time: 5, ...button });
}
