import { closest } from '../edit/names.ts';
import { Refusal } from '../errors.ts';
import { rememberingEmbeddings } from './embeddings.ts';
import { type ExtraNetworks, openExtraNetworks } from './library/extra-networks.ts';
import type { Hashes } from './library/hashes.ts';
import type { LoraName } from './library/lora-names.ts';
import type { LoraUse } from './nets/lora-patch.ts';
import type { FindExtras } from './pipeline/extras.ts';
import type { LoraMention, Mentions } from './prompt/extra-networks.ts';
import { type LoraFile, loraFileOf } from './weights/lora-file.ts';
import { openWeights } from './weights/open-weights.ts';

/** The networks that prompts name, out of the models folder as it is at that moment. */
export function extrasFrom(modelsDir: string, hashes: Hashes): FindExtras {
  const look = openExtraNetworks(modelsDir);
  const open = rememberingLoras(hashes);
  const embeddingsIn = rememberingEmbeddings(hashes);
  return async ({ loras, hypernets, prompt, negativePrompt }, widths) => {
    const mentions = valid(loras);
    const [hypernet] = valid(hypernets);
    if (hypernet) throw new Refusal('unknown-name', { kind: 'hypernetwork', given: hypernet.name, nearest: [] });
    const found = await look();
    const embeddings = await embeddingsIn(found.embeddings, [prompt, negativePrompt], widths);
    return { ...(await openLoras(mentions, found, open)), embeddings };
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
}
type Open = (lora: LoraName) => Promise<OpenLora>;

/** Files whose tables of contents are kept; the same file opened twice is the same object, until it is replaced. */
const remembered = 16;

function rememberingLoras(hashes: Hashes): Open {
  const opened = new Map<string, OpenLora>();
  return async ({ path, bytes, modifiedMs }) => {
    const version = JSON.stringify([path, bytes, modifiedMs]);
    const lora = opened.get(version) ?? (await openLora(path, hashes));
    opened.delete(version);
    opened.set(version, lora);
    if (opened.size > remembered) opened.delete([...opened.keys()][0]!);
    return lora;
  };
}

async function openLora(path: string, hashes: Hashes): Promise<OpenLora> {
  const weights = await openWeights(path);
  const hash = weights.metadata.get('sshs_model_hash') || (await hashes.sha256(path, 'tensors'));
  return { file: loraFileOf(weights), hash: hash.slice(0, 12) };
}

/** One file for each name, however often it is mentioned. */
async function openLoras(mentions: readonly LoraMention[], found: ExtraNetworks, open: Open) {
  const opened = new Map<string, OpenLora>();
  for (const { name } of mentions) if (!opened.has(name)) opened.set(name, await open(loraNamed(name, found)));
  return {
    loras: lastMentions(mentions).map((mention) => useOf(mention, opened.get(mention.name)!.file)),
    loraHashes: [...opened].map(([name, { hash }]) => ({ name, hash })),
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
