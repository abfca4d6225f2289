import { Refusal } from '../errors.ts';
import type { Hashes } from './library/hashes.ts';
import type { ModelFile } from './library/model-files.ts';
import type { Embedding } from './pipeline/conditioning.ts';
import { cleanText } from './prompt/clean-text.ts';
import { readEmbedding } from './weights/embedding-file.ts';
import { openWeights } from './weights/open-weights.ts';

/** A textual inversion, and what infotext says of its file. */
export interface OpenEmbedding extends Embedding {
  /** First 12 hex digits of the file's SHA-256. */
  readonly hash: string;
}

/**
 * The textual inversions whose names stand in the texts, of those that are as wide as the text encoders. As in A1111 others are passed
 * over, and so are broken files: their names are words like any other.
 */
export type FindEmbeddings = (
  files: ReadonlyMap<string, ModelFile>,
  texts: readonly string[],
  widths: readonly number[],
) => Promise<readonly OpenEmbedding[]>;

/** Keeps what it has read; a textual inversion is some kilobytes. */
export function rememberingEmbeddings(hashes: Hashes): FindEmbeddings {
  const known = new Map<string, { readonly version: string; readonly embedding: OpenEmbedding }>();
  const open = async ({ name, path, version }: ModelFile): Promise<readonly OpenEmbedding[]> => {
    const last = known.get(path);
    if (last?.version === version) return [last.embedding];
    const vectors = await readEmbedding(await openWeights(path));
    const embedding = { name, vectors, hash: (await hashes.sha256(path)).slice(0, 12) };
    known.set(path, { version, embedding });
    return [embedding];
  };
  return async (files, texts, widths) => {
    const within = texts.map((text) => ({ text: letters(text), isEdited: /[[(\\]/.test(text) }));
    const named = [...files.values()].filter(({ name, bytes }) => {
      const wanted = letters(name);
      return bytes > 0 && wanted !== '' && within.some((one) => mayHold(one, wanted));
    });
    const opened: OpenEmbedding[] = [];
    for (const file of named) opened.push(...(await open(file).catch(noneOf)));
    return opened.filter(({ vectors }) => isAsWide(vectors, widths));
  };
}

/** Whether vectors are as wide as the text encoders they are for. */
export function isAsWide(vectors: Embedding['vectors'], widths: readonly number[]): boolean {
  return vectors.length === widths.length && vectors.every(({ shape }, i) => shape[1] === widths[i]);
}

function noneOf(error: unknown): readonly never[] {
  if (error instanceof Refusal) return [];
  throw error;
}

/**
 * Whether a name may stand in a text. Prompt editing, brackets of weight 1 and backslashes may put it together out of pieces, so where there are
 * any its letters only have to be there in their order.
 */
function mayHold({ text, isEdited }: { readonly text: string; readonly isEdited: boolean }, name: string): boolean {
  if (text.includes(name) || !isEdited) return text.includes(name);
  let at = 0;
  for (const letter of name) {
    at = text.indexOf(letter, at) + letter.length;
    if (at < letter.length) return false;
  }
  return true;
}

/** What tokens can tell apart: capitals and white space they cannot. */
function letters(text: string): string {
  return cleanText(text).replace(/\s/gu, '');
}
