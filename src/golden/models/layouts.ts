import type { Graph } from '../../engine/graph/core.ts';
import { textEncoder } from '../../engine/nets/clip-text.ts';
import { unet } from '../../engine/nets/unet.ts';
import { vaeDecoder, vaeEncoder } from '../../engine/nets/vae.ts';
import { sizeOf } from '../../engine/tensor/tensor.ts';
import { ldmUnetNames, ldmVaeNames } from '../../engine/weights/ldm-names.ts';
import { weightsOf } from '../../engine/weights/weights.ts';
import type { TensorEntry } from '../../engine/weights/weights-file.ts';
import { attempt, type Check } from '../compare.ts';
import { mismatch, readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { goldenFiles } from './checkpoint.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** Names that are no parameters of the forward pass. */
const passedOver = /position_ids$|logit_scale$|attn_mask$/;

/** Every network of the full size takes exactly the tensors a full-size file has (`layouts/`). */
export async function* layoutCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /^(unet|vae|text)_.*\.json$/)) {
    const layout = file.replace('.json', '');
    yield attempt('models/layouts', layout, async () => layoutChecks(layout, await readLayout(dir, layout)));
  }
  for (const file of await goldenFiles(dir, /^diffusers_map_.*\.json$/)) {
    const table = file.replace('.json', '');
    yield attempt('models/layouts', table, () => renameChecks(dir, table));
  }
}

/** Every name that diffusers gives a tensor is found in ldm's place. */
async function renameChecks(dir: string, table: string): Promise<Check[]> {
  const { map } = await readJson<{ map: Readonly<Record<string, string>> }>(dir, `${table}.json`);
  const names = Object.keys(map);
  const found = table.endsWith('vae') ? ldmVaeNames(names) : ldmUnetNames(names);
  const differing = names.filter((name) => found.get(name) !== map[name]);
  return [['names that differ', differing.length, 0]];
}

/** The shapes of one component, by name. */
export async function readLayout(dir: string, layout: string): Promise<Shapes> {
  return (await readJson<{ tensors: Shapes }>(dir, `${layout}.json`)).tensors;
}

/** An index as of a float32 file, without any file. */
export function layoutEntries(shapes: Shapes): TensorEntry[] {
  let offset = 0;
  return Object.entries(shapes).map(([name, shape]) => {
    const length = sizeOf(shape) * 4;
    offset += length;
    return { name, dtype: 'F32', shape, file: '/layout', offset: offset - length, length };
  });
}

function layoutChecks(layout: string, shapes: Shapes): Check[] {
  const entries = new Map(layoutEntries(shapes).map((entry) => [entry.name, entry]));
  const used = new Set(graphsFor(layout, entries).flatMap(({ weights }) => weights.map(({ name }) => name)));
  const expected = Object.keys(shapes).filter((name) => !passedOver.test(name));
  return [['tensors used', mismatch([...used].sort(), expected.sort()), 0]];
}

function graphsFor(layout: string, entries: ReadonlyMap<string, TensorEntry>): Graph[] {
  const w = weightsOf(layout, entries);
  if (layout.startsWith('unet_')) return [unet(w, { headsAt: () => 1 })];
  if (layout.startsWith('vae_')) return [vaeEncoder(w), vaeDecoder(w)];
  if (w.has('ln_final')) return [textEncoder({ name: 'clip_g', layout: 'openClip', weights: w })];
  return [
    textEncoder({ name: 'clip_l', layout: 'huggingFace', weights: w.has('text_model') ? w.at('text_model') : w }),
  ];
}
