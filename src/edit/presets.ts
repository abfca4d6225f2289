import { z } from 'zod';
import { defaultParams, type FieldName, fieldNames, type Params } from './fields.ts';
import { type PartialParams, partialParamsSchema } from './params.ts';

/**
 * From weakest to strongest: a later layer wins, key by key. `usual` is what a command begins with, `flow` what it stands for; a
 * preset that somebody names is part of what they ask for, and only single values say more.
 */
export const layerNames = [
  'table',
  'usual',
  'system',
  'server',
  'channel',
  'user default',
  'flow',
  'preset',
  'command',
] as const;
export type LayerName = (typeof layerNames)[number];

/** What a preset holds: some parameters, and words put around every prompt. Never pictures. */
export interface PresetContent {
  readonly params: PartialParams;
  readonly promptPrefix?: string;
  readonly promptSuffix?: string;
}
export const presetContentSchema = z.strictObject({
  params: partialParamsSchema,
  promptPrefix: z.string().max(1000).optional(),
  promptSuffix: z.string().max(1000).optional(),
}) as unknown as z.ZodType<PresetContent>;

/** What a default preset can be for; `any` where a flow has none of its own. */
export const presetFlows = ['any', 'edit', 'inpaint', 'sketch', 'outpaint', 'upscale', 'detail', 'remove'] as const;
export type PresetFlow = (typeof presetFlows)[number];

export const presetScopes = ['system', 'server', 'channel', 'user'] as const;
export type PresetScope = (typeof presetScopes)[number];

/** Remembered settings under a name (at most 32 characters, unique in its scope and owner). */
export interface Preset {
  readonly scope: PresetScope;
  /** `*` for the system, place group of a server, place of a channel, or a person. */
  readonly owner: string;
  readonly name: string;
  readonly content: PresetContent;
}

export interface Layer {
  readonly name: LayerName;
  readonly content: PresetContent;
}

export interface Merged {
  readonly params: Params;
  /** Which layer each value came from, for `/settings show`. */
  readonly from: Readonly<Record<FieldName, LayerName>>;
}

/**
 * Values for every field out of layers in any order: the strongest layer that names a key wins; the table's default is last.
 * Prompt prefixes and suffixes of all layers are put around the prompt, the weakest layer outermost.
 */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const ordered = layers.toSorted((a, b) => layerNames.indexOf(a.name) - layerNames.indexOf(b.name));
  const entries = fieldNames.map((key) => {
    const layer = ordered.findLast((l) => l.content.params[key] !== undefined);
    return { key, value: layer?.content.params[key] ?? defaultParams[key], from: layer?.name ?? ('table' as const) };
  });
  const params = Object.fromEntries(entries.map(({ key, value }) => [key, value])) as unknown as Params;
  const around = (words: readonly (string | undefined)[]) => words.filter((w) => w?.trim());
  const prompt = [
    ...around(ordered.map((l) => l.content.promptPrefix)),
    ...around([params.prompt]),
    ...around(ordered.map((l) => l.content.promptSuffix).reverse()),
  ].join(', ');
  const from = Object.fromEntries(entries.map((e) => [e.key, e.from])) as Record<FieldName, LayerName>;
  return { params: { ...params, prompt }, from };
}
