import { join } from 'node:path';
import { graphBuilder } from '../../engine/graph/builder.ts';
import { loraBiasDelta, loraDelta } from '../../engine/nets/lora-delta.ts';
import { type LoraUse, loraPatch } from '../../engine/nets/lora-patch.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { loraFileOf, openLora } from '../../engine/weights/lora-file.ts';
import { loraTargets } from '../../engine/weights/lora-targets.ts';
import { openWeights } from '../../engine/weights/open-weights.ts';
import type { TensorEntry, WeightsFile } from '../../engine/weights/weights-file.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import {
  type GoldenCheckpoint,
  goldenCheckpoint,
  goldenFiles,
  runOnce,
  textEncoderOf,
  textFeeds,
  unetOf,
} from './checkpoint.ts';
import { loraNameCases } from './lora-names.ts';

const area = 'models/lora';
const tolerance = { delta: 1e-5, model: 5e-4 };

/** What LoRAs of every kind add to a weight, and whole networks with them (`lora/`). */
export async function* loraCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /\.json$/)) {
    if (file === 'key_map_sd1_unet.json') yield* loraNameCases(dir);
    else if (file === 'deltas.json') yield* deltaCases(dir);
    else if (/^sd1_io/.test(file)) yield* sd1Cases(dir, file);
    else if (/^sdxl_io/.test(file)) yield* sdxlCases(dir, file);
  }
}

interface DeltaCase {
  readonly name: string;
  readonly a1111_class: string;
  readonly multiplier: number;
  readonly dyn_dim: number | null;
  readonly scalars: Readonly<Record<string, number>>;
}

async function* deltaCases(dir: string): AsyncIterable<GoldenOutcome> {
  const file = await openWeights(join(dir, 'deltas.safetensors'));
  const golden = await readGoldenTensors(file.path);
  for (const one of await readJson<DeltaCase[]>(dir, 'deltas.json')) {
    const reason = uncovered(one, golden);
    if (reason) yield { area, name: one.name, status: 'not covered', reason };
    else yield attempt(area, one.name, () => deltaChecks(file, golden, one));
  }
}

function uncovered({ name, a1111_class: kind }: DeltaCase, golden: GoldenTensors): string | undefined {
  if (kind === 'NetworkModuleOFT') return 'OFT needs the inverse of a matrix, which the graph has no operator for';
  const scale = golden.tensors.get(`${name}/lora/dora_scale`);
  return scale?.shape[1] === 1
    ? 'A1111 takes the norm over the wrong axis here; we take the one the file was trained with'
    : undefined;
}

async function deltaChecks(file: WeightsFile, golden: GoldenTensors, one: DeltaCase): Promise<Check[]> {
  const parts = new Map<string, TensorEntry>();
  const prefix = `${one.name}/lora/`;
  for (const entry of file.tensors.values()) {
    if (!entry.name.startsWith(prefix)) continue;
    const renamed = { ...entry, name: `layer.${entry.name.slice(prefix.length)}` };
    parts.set(renamed.name, renamed);
  }
  for (const [name, value] of Object.entries(one.scalars)) {
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    const scalar = {
      name: `layer.${name}`,
      dtype: 'F32',
      shape: [],
      file: file.path,
      offset: 0,
      length: 4,
      bytes,
    } as const;
    parts.set(scalar.name, scalar);
  }
  const given = loraFileOf({ path: file.path, tensors: prefixed(parts) }).get('lora_layer')!;
  const weight = file.tensors.get(`${one.name}/weight`)!;
  const g = graphBuilder('delta');
  const current = { value: g.parameter(weight), shape: weight.shape };
  g.output('delta', g.scale(loraDelta(g, given, current, one.dyn_dim ?? undefined)!, one.multiplier));
  const bias = loraBiasDelta(g, given);
  if (bias) g.output('delta_bias', g.scale(bias, one.multiplier));
  const results = await runOnce(g.finish(), {});
  return Object.entries(results).map(([name, got]) => [
    name,
    tensorError(got, golden.get(`${one.name}/${name}`)),
    tolerance.delta,
  ]);
}

/** As kohya would write them. */
function prefixed(parts: ReadonlyMap<string, TensorEntry>): Map<string, TensorEntry> {
  return new Map([...parts.values()].map((entry) => [entry.name, { ...entry, name: `lora_${entry.name}` }]));
}

interface LoraSets {
  readonly checkpoint: string;
  readonly sets: Readonly<
    Record<
      string,
      {
        readonly networks: readonly {
          readonly file: string;
          readonly te_multiplier: number;
          readonly unet_multiplier: number;
        }[];
      }
    >
  >;
}

async function* sd1Cases(dir: string, file: string): AsyncIterable<GoldenOutcome> {
  const { checkpoint: path, sets } = await readJson<LoraSets>(dir, file);
  const checkpoint = await goldenCheckpoint(join(dir, path, '..'));
  const golden = await readGoldenTensors(join(dir, file.replace('.json', '.safetensors')));
  for (const [name, { networks }] of Object.entries(sets)) {
    yield attempt(area, `${file} ${name}`, async () => {
      const uses = networks.map(
        async ({ file: lora, te_multiplier: text, unet_multiplier: unet }): Promise<LoraUse> => {
          return { name: lora, file: await openLora(join(dir, `${lora}.safetensors`)), multipliers: { unet, text } };
        },
      );
      const patch = await patchFor(checkpoint, await Promise.all(uses));
      const unetFeeds = { x: golden.get('x'), timesteps: golden.get('timesteps'), context: golden.get('context') };
      const { out } = await runOnce(unetOf(checkpoint, { patch }), unetFeeds);
      const expected = golden.get(`clip_last.${name}`);
      const layers = checkpoint.parts.text[0]!.weights.count('encoder.layers');
      const feeds = textFeeds(golden.get('input_ids'), layers, expected.shape[2]!);
      const { normed } = await runOnce(textEncoderOf(checkpoint, 'clip_l', { patch }), feeds);
      return [
        ['unet', tensorError(out!, golden.get(`unet_out.${name}`)), tolerance.model],
        ['clip', tensorError(normed!, expected), tolerance.model],
      ];
    });
  }
}

async function patchFor({ parts, path }: GoldenCheckpoint, uses: readonly LoraUse[]) {
  return loraPatch(uses, loraTargets(parts, (await openWeights(path)).tensors.keys()));
}

/** Sets are called `none`, or after their multipliers: `te0.7_unet0.9`. */
async function* sdxlCases(dir: string, file: string): AsyncIterable<GoldenOutcome> {
  const { checkpoint: path, sets } = await readJson<{ checkpoint: string; sets: Readonly<Record<string, string>> }>(
    dir,
    file,
  );
  const checkpoint = await goldenCheckpoint(join(dir, path, '..'));
  const golden = await readGoldenTensors(join(dir, file.replace('.json', '.safetensors')));
  const inputs = await readGoldenTensors(join(dir, path, '..', 'sdxl_io.safetensors'));
  const lora = await openLora(join(dir, 'sdxl_lora.safetensors'));
  for (const name of Object.keys(sets)) {
    const [, text, unet] = (/^te(.+)_unet(.+)$/.exec(name) ?? []).map(Number);
    const isUsed = text !== undefined && unet !== undefined;
    const uses = isUsed ? [{ name, file: lora, multipliers: { text, unet } }] : [];
    yield attempt(area, `${file} ${name}`, async () => {
      return sdxlChecks({ checkpoint, golden, inputs, name, patch: await patchFor(checkpoint, uses) });
    });
  }
}

interface SdxlRun {
  readonly checkpoint: GoldenCheckpoint;
  readonly golden: GoldenTensors;
  readonly inputs: GoldenTensors;
  readonly name: string;
  readonly patch: ReturnType<typeof loraPatch>;
}

async function sdxlChecks({ checkpoint, golden, inputs, name, patch }: SdxlRun): Promise<Check[]> {
  const of = (tensor: string) => inputs.get(`unet.a.${tensor}`);
  const feeds = { x: of('x'), timesteps: of('timesteps'), context: of('context'), y: of('y') };
  const { out } = await runOnce(unetOf(checkpoint, { patch }), feeds);
  const text = async (encoder: 'clip_l' | 'clip_g', ids: string, expected: Tensor) => {
    const part = checkpoint.parts.text.find((candidate) => candidate.name === encoder)!;
    const layers = part.weights.count(encoder === 'clip_l' ? 'encoder.layers' : 'transformer.resblocks');
    const ran = textFeeds(inputs.get(ids), layers - 1, expected.shape[2]!);
    return await runOnce(textEncoderOf(checkpoint, encoder, { patch }), ran);
  };
  const [expectedL, expectedG] = [golden.get(`l_penultimate.${name}`), golden.get(`g_penultimate.${name}`)];
  const l = await text('clip_l', 'text.ids_l', expectedL);
  const g = await text('clip_g', 'text.ids_g', expectedG);
  return [
    ['unet', tensorError(out!, golden.get(`unet_out.${name}`)), tolerance.model],
    ['CLIP-L', tensorError(l.hidden!, expectedL), tolerance.model],
    ['OpenCLIP-G', tensorError(g.hidden!, expectedG), tolerance.model],
    ['pooled', tensorError(g.pooled!, golden.get(`g_pooled.${name}`)), tolerance.model],
  ];
}
