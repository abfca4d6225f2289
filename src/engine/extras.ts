import { basename } from 'node:path';
import { closest } from '../edit/names.ts';
import { Refusal } from '../errors.ts';
import { isAsWide, type OpenEmbedding, rememberingEmbeddings } from './embeddings.ts';
import { type ExtraNetworks, openExtraNetworks } from './library/extra-networks.ts';
import type { Hashes } from './library/hashes.ts';
import type { Library } from './library/library.ts';
import type { LoraName } from './library/lora-names.ts';
import type { ModelFile } from './library/model-files.ts';
import { type HypernetworkUse, knowsActivation } from './nets/hypernetwork.ts';
import type { LoraUse } from './nets/lora-patch.ts';
import type { FindExtras } from './pipeline/extras.ts';
import type { HypernetMention, LoraMention, Mentions } from './prompt/extra-networks.ts';
import { readBundled } from './weights/embedding-file.ts';
import { type HypernetworkFile, openHypernetwork } from './weights/hypernetwork-file.ts';
import { type LoraFile, loraFileOf } from './weights/lora-file.ts';
import { openWeights } from './weights/open-weights.ts';

/** The networks that prompts name, out of the models folder as it is at that moment. */
export function extrasFrom(modelsDir: string, { hashes, facts }: Pick<Library, 'hashes' | 'facts'>): FindExtras {
  const look = openExtraNetworks(modelsDir, facts);
  const open = remembering((path) => openLora(path, hashes));
  const openNet = remembering(openKnown);
  const embeddingsIn = rememberingEmbeddings(hashes);
  return async ({ loras, hypernets, prompt, negativePrompt }, widths) => {
    const mentions = valid(loras);
    const nets = valid(hypernets);
    const found = await look();
    const embeddings = await embeddingsIn(found.embeddings, [prompt, negativePrompt], widths);
    const hypernetworks = await openHypernetworks(nets, found, openNet);
    const { bundled, ...worn } = await openLoras(mentions, found, open);
    const fitting = bundled.filter(({ name, vectors }, i) => {
      const isFirst = bundled.findIndex((other) => other.name === name) === i;
      return isFirst && !found.embeddings.has(name) && isAsWide(vectors, widths);
    });
    return { ...worn, hypernetworks, embeddings: [...embeddings, ...fitting] };
  };
}

/** As A1111 a single argument that is no number spoils all of its kind; unlike A1111 that is said and not passed over. */
function valid<M>({ mentions, broken }: Mentions<M>): readonly M[] {
  if (broken !== undefined) throw new Refusal('bad-weight', { text: broken });
  return mentions;
}

interface OpenLora {
  readonly file: LoraFile;
  readonly hash: string;
  /** Textual inversions that come with it; as in A1111 they have no hash of their own. */
  readonly bundled: readonly OpenEmbedding[];
}
type Open<T> = (file: Pick<ModelFile, 'path' | 'version'>) => Promise<T>;

/** Files whose tables of contents are kept; the same file opened twice is the same object, until it is replaced. */
const remembered = 16;

function remembering<T extends object>(open: (path: string) => Promise<T>): Open<T> {
  const opened = new Map<string, T>();
  return async ({ path, version: stand }) => {
    const version = JSON.stringify([path, stand]);
    const file = opened.get(version) ?? (await open(path));
    opened.delete(version);
    opened.set(version, file);
    if (opened.size > remembered) opened.delete([...opened.keys()][0]!);
    return file;
  };
}

/** @throws Refusal 'weights-unsupported' besides what `openHypernetwork` throws */
async function openKnown(path: string): Promise<HypernetworkFile> {
  const file = await openHypernetwork(path);
  if (knowsActivation(file.activation)) return file;
  const why = `its activation '${file.activation}' is not known`;
  throw new Refusal('weights-unsupported', { file: basename(path), why });
}

async function openHypernetworks(
  mentions: readonly HypernetMention[],
  { hypernetworks }: ExtraNetworks,
  open: Open<HypernetworkFile>,
): Promise<readonly HypernetworkUse[]> {
  const uses: HypernetworkUse[] = [];
  for (const { name, multiplier } of mentions) {
    const found = hypernetworks.get(name);
    const nearest = () => closest(name, [...hypernetworks.keys()]);
    if (!found) throw new Refusal('unknown-name', { kind: 'hypernetwork', given: name, nearest: nearest() });
    uses.push({ name, multiplier, file: await open(found) });
  }
  return uses;
}

async function openLora(path: string, hashes: Hashes): Promise<OpenLora> {
  const weights = await openWeights(path);
  const hash = weights.metadata.get('sshs_model_hash') || (await hashes.sha256(path, 'tensors'));
  const bundled = [...(await readBundled(weights))].map(([name, vectors]) => ({ name, vectors, hash: '' }));
  return { file: loraFileOf(weights), hash: hash.slice(0, 12), bundled };
}

/** One file for each name, however often it is mentioned. */
async function openLoras(mentions: readonly LoraMention[], found: ExtraNetworks, open: Open<OpenLora>) {
  const opened = new Map<string, OpenLora>();
  for (const { name } of mentions) if (!opened.has(name)) opened.set(name, await open(loraNamed(name, found)));
  return {
    loras: lastMentions(mentions).map((mention) => useOf(mention, opened.get(mention.name)!.file)),
    loraHashes: [...opened].map(([name, { hash }]) => ({ name, hash })),
    bundled: [...opened.values()].flatMap((lora) => lora.bundled),
  };
}

function loraNamed(name: string, { loras }: ExtraNetworks): LoraName {
  const found = loras.find(name);
  if (found) return found;
  throw new Refusal('unknown-name', { kind: 'LoRA', given: name, nearest: closest(name, loras.names) });
}

/** As A1111: what is mentioned twice works twice, both times as the last mention says. */
function lastMentions(mentions: readonly LoraMention[]): readonly LoraMention[] {
  const last = new Map(mentions.map((mention) => [mention.name, mention]));
  return mentions.map(({ name }) => last.get(name)!);
}

function useOf({ name, te, unet, dyn }: LoraMention, file: LoraFile): LoraUse {
  return { name, file, multipliers: { unet, text: te }, ...(dyn !== null && { rank: dyn }) };
}
