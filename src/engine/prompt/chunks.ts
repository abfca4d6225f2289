import type { Emphasis } from '../../edit/choices.ts';
import { chunkBreak, parseAttention, type WeightedText } from './attention.ts';
import type { FindEmbedding } from './embeddings.ts';
import type { Tokenize } from './tokenizer.ts';
import { commaToken, endToken, startToken } from './vocabulary.ts';

/** Tokens a text encoder takes at once, start and end not counted. */
export const chunkLength = 75;

/** What a chunk is cut from, and how. */
export interface ChunkOptions {
  readonly tokenize: Tokenize;
  /** Finds the textual inversion that begins at a place. */
  readonly findEmbedding: FindEmbedding;
  /** 'None': brackets are text like any other. */
  readonly emphasis: Emphasis;
  /** A chunk may end up to this many tokens early, behind its last comma; 0–74, 0 cuts anywhere. */
  readonly commaPaddingBacktrack: number;
}

/** 77 tokens as the text encoder takes them. */
export interface Chunk {
  readonly tokens: readonly number[];
  /** The weight of each token. */
  readonly multipliers: readonly number[];
  readonly fixes: readonly EmbeddingFix[];
}

/** A textual inversion in a chunk: its vectors take the places of tokens `offset` + 1 onwards (the start token is token 0). */
export interface EmbeddingFix {
  readonly offset: number;
  readonly name: string;
}

export interface ChunkedText {
  readonly chunks: readonly Chunk[];
  /** As shown to people: padding between chunks counts, padding at the end does not. */
  readonly tokenCount: number;
}

/**
 * Text with weights → chunks of 77 tokens; at least one.
 *
 * @throws Refusal 'bad-weight'
 * Source: A1111 modules/sd_hijack_clip.py `tokenize_line`
 */
export function chunkText(text: string, options: ChunkOptions): ChunkedText {
  const pieces = options.emphasis === 'None' ? [{ text, weight: 1 }] : parseAttention(text);
  const cutting: Cutting = { chunks: [], draft: emptyDraft() };
  for (const piece of pieces) {
    if (isChunkBreak(piece)) closeChunk(cutting);
    else addTokens(cutting, options.tokenize(piece.text), piece.weight, options);
  }
  const { chunks, draft } = cutting;
  const tokenCount = chunks.length * chunkLength + draft.tokens.length;
  if (draft.tokens.length > 0 || chunks.length === 0) closeChunk(cutting);
  return { chunks, tokenCount };
}

function isChunkBreak({ text, weight }: WeightedText): boolean {
  return text === chunkBreak.text && weight === chunkBreak.weight;
}

/** A chunk being filled. */
interface Draft {
  readonly tokens: number[];
  readonly multipliers: number[];
  readonly fixes: EmbeddingFix[];
  /** Place of its last comma; −1: none. */
  lastComma: number;
}

interface Cutting {
  readonly chunks: Chunk[];
  draft: Draft;
}

function addTokens(cutting: Cutting, tokens: readonly number[], weight: number, options: ChunkOptions): void {
  for (let at = 0; at < tokens.length; ) {
    makeRoom(cutting, tokens[at]!, options.commaPaddingBacktrack);
    const found = options.findEmbedding(tokens, at);
    if (found && cutting.draft.tokens.length + found.vectors > chunkLength) closeChunk(cutting);
    const { draft } = cutting;
    if (found) draft.fixes.push({ offset: draft.tokens.length, name: found.name });
    const added = found ? Array<number>(found.vectors).fill(0) : [tokens[at]!];
    draft.tokens.push(...added);
    draft.multipliers.push(...added.map(() => weight));
    at += found ? found.tokens : 1;
  }
}

function makeRoom(cutting: Cutting, token: number, backtrack: number): void {
  const { draft } = cutting;
  const isFull = draft.tokens.length === chunkLength;
  const commaIsNear = draft.lastComma >= 0 && draft.tokens.length - draft.lastComma <= backtrack;
  if (token === commaToken) draft.lastComma = draft.tokens.length;
  else if (isFull && commaIsNear) closeBehindComma(cutting);
  if (cutting.draft.tokens.length === chunkLength) closeChunk(cutting);
}

function closeChunk(cutting: Cutting): void {
  cutting.chunks.push(toChunk(cutting.draft));
  cutting.draft = emptyDraft();
}

/** What follows the last comma moves on to the next chunk. As A1111: textual inversions in it stay behind. */
function closeBehindComma(cutting: Cutting): void {
  const { tokens, multipliers, lastComma } = cutting.draft;
  const moved = { tokens: tokens.splice(lastComma + 1), multipliers: multipliers.splice(lastComma + 1) };
  closeChunk(cutting);
  cutting.draft = { ...emptyDraft(), ...moved };
}

function emptyDraft(): Draft {
  return { tokens: [], multipliers: [], fixes: [], lastComma: -1 };
}

function toChunk({ tokens, multipliers, fixes }: Draft): Chunk {
  const missing = chunkLength - tokens.length;
  return {
    tokens: [startToken, ...tokens, ...Array<number>(missing + 1).fill(endToken)],
    multipliers: [1, ...multipliers, ...Array<number>(missing + 1).fill(1)],
    fixes,
  };
}

/** The chunk that stands in where one text has fewer chunks than its fellows: nothing but start and end. */
export const emptyChunk: Chunk = toChunk(emptyDraft());

/** A token row as OpenCLIP's encoders were trained: zeros after the first end token, where CLIP-L has more end tokens. */
export function openClipTokens(tokens: readonly number[]): number[] {
  const end = tokens.indexOf(endToken);
  return tokens.map((token, i) => (i > end && end >= 0 ? 0 : token));
}
