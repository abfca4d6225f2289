import type { Tokenize } from './tokenizer.ts';

/** A textual inversion as the tokens of a prompt see it. */
export interface NamedEmbedding {
  readonly name: string;
  /** Number of vectors it puts in place of its name. */
  readonly vectors: number;
}

/** A textual inversion found in a prompt, and the number of tokens its name takes up. */
export interface FoundEmbedding extends NamedEmbedding {
  readonly tokens: number;
}

/** The textual inversion whose name begins at a place of a token row. */
export type FindEmbedding = (tokens: readonly number[], at: number) => FoundEmbedding | undefined;

/**
 * Finds names by their tokens, the longest first; so capitals do not matter, and a name is also found inside a longer word.
 * Where two names have the same tokens, the first counts.
 *
 * @param embeddings  of at most 75 vectors each, which is what a chunk can hold; longer ones are never found
 * Source: A1111 modules/textual_inversion/textual_inversion.py `find_embedding_at_position`
 */
export function embeddingFinder(embeddings: readonly NamedEmbedding[], tokenize: Tokenize): FindEmbedding {
  const byFirstToken = new Map<number, { ids: readonly number[]; embedding: NamedEmbedding }[]>();
  for (const embedding of embeddings.filter(({ vectors }) => vectors <= 75)) {
    const ids = tokenize(embedding.name);
    if (ids.length === 0) continue;
    byFirstToken.set(ids[0]!, [...(byFirstToken.get(ids[0]!) ?? []), { ids, embedding }]);
  }
  for (const candidates of byFirstToken.values()) candidates.sort((a, b) => b.ids.length - a.ids.length);
  return (tokens, at) => {
    const found = byFirstToken.get(tokens[at]!)?.find(({ ids }) => ids.every((id, i) => tokens[at + i] === id));
    return found && { ...found.embedding, tokens: found.ids.length };
  };
}
