import { join } from 'node:path';
import { graphBuilder } from '../../engine/graph/builder.ts';
import type { Graph } from '../../engine/graph/core.ts';
import { loraBiasDelta, loraDelta } from '../../engine/nets/lora-delta.ts';
import { type LoraUse, loraPatch } from '../../engine/nets/lora-patch.ts';
import { openCheckpoint } from '../../engine/pipeline/models.ts';
import { adapterFeeds, readFactors } from '../../engine/runtime/adapter-feeds.ts';
import { rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { openCheckpointFile } from '../../engine/weights/checkpoint-file.ts';
import { loraFileOf, openLora } from '../../engine/weights/lora-file.ts';
import { loraTargets } from '../../engine/weights/lora-targets.ts';
import { openWeights } from '../../engine/weights/open-weights.ts';
import type { TensorEntry, WeightsFile } from '../../engine/weights/weights-file.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import {
  cpu,
  type GoldenCheckpoint,
  type GoldenDress,
  goldenCheckpoint,
  goldenFiles,
  runOnce,
  textEncoderOf,
  textFeeds,
  unetOf,
} from './checkpoint.ts';
import { loraNameCase } from './lora-names.ts';

const area = 'models/lora';
const tolerance = { delta: 1e-5, rotation: 1e-4, model: 5e-4 };

/** What LoRAs of every kind add to a weight, and whole networks with them (`lora/`). */
export async function* loraCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /\.json$/)) {
    if (file.startsWith('key_map_')) yield loraNameCase(dir, file);
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
    yield attempt(area, one.name, () => deltaChecks(file, golden, one));
  }
}

/**
 * What a DoRA with a norm for each row adds, where A1111 takes the norms over the columns nevertheless: every row of W + up · down as long
 * as was learnt, less W.
 */
function rowDora(golden: GoldenTensors, { name, scalars, multiplier }: DeltaCase): Tensor {
  const of = (part: string) => golden.get(`${name}/${part}`);
  const [weight, up, down] = [of('weight'), of('lora/lora_up.weight'), of('lora/lora_down.weight')];
  const [rows, columns, rank] = [weight.shape[0]!, weight.shape[1]!, down.shape[0]!];
  const learnt = of('lora/dora_scale').data;
  const data = new Float32Array(weight.data.length);
  for (let row = 0; row < rows; row++) {
    const changed = Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += up.data[row * rank + r]! * down.data[r * columns + column]!;
      return weight.data[row * columns + column]! + (sum * (scalars.alpha ?? rank)) / rank;
    });
    const factor = learnt[row]! / Math.hypot(...changed);
    for (const [column, value] of changed.entries()) {
      const at = row * columns + column;
      data[at] = multiplier * (value * factor - weight.data[at]!);
    }
  }
  return { data, shape: weight.shape };
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
  const bias = loraBiasDelta(g, given, golden.tensors.get(`${one.name}/delta_bias`)?.shape ?? []);
  if (bias) g.output('delta_bias', g.scale(bias, one.multiplier));
  const results = await runOnce(g.finish(), {});
  const isRowDora = golden.tensors.get(`${one.name}/lora/dora_scale`)?.shape[1] === 1;
  const expected = (name: string) => (isRowDora ? rowDora(golden, one) : golden.get(`${one.name}/${name}`));
  const limit = one.a1111_class === 'NetworkModuleOFT' ? tolerance.rotation : tolerance.delta;
  return Object.entries(results).map(([name, got]) => [name, tensorError(got, expected(name)), limit]);
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
      return await sd1Checks(checkpoint.path, golden, { name, uses: await Promise.all(uses) });
    });
  }
}

interface Worn {
  readonly name: string;
  readonly uses: readonly LoraUse[];
}

/** Both ways of putting LoRAs on: fed to the open networks where they are plain, and written into the graphs. */
async function sd1Checks(path: string, golden: GoldenTensors, { name, uses }: Worn): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [way, adaptersFrom] of Object.entries({ fed: 0, written: Number.POSITIVE_INFINITY })) {
    await using checkpoint = await openCheckpoint(path, { device: cpu, adaptersFrom });
    checkpoint.use({ loras: uses, hypernetworks: [] });
    const out = await checkpoint.unet(golden.get('x'), [...golden.get('timesteps').data], golden.get('context'));
    const ids = golden.get('input_ids');
    const tokenRows = Array.from({ length: ids.shape[0]! }, (_, i) => [...rows(ids, i, i + 1).data]);
    const { states } = await checkpoint.encodeText(tokenRows, 1, []);
    checks.push([`unet, ${way}`, tensorError(out, golden.get(`unet_out.${name}`)), tolerance.model]);
    checks.push([`clip, ${way}`, tensorError(states[0]!, golden.get(`clip_last.${name}`)), tolerance.model]);
  }
  return checks;
}

async function targetsOf({ parts, path }: GoldenCheckpoint) {
  return loraTargets(parts, (await openCheckpointFile(path)).tensors.keys());
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
      return sdxlChecks({ checkpoint, golden, inputs, name, uses });
    });
  }
}

interface SdxlRun {
  readonly checkpoint: GoldenCheckpoint;
  readonly golden: GoldenTensors;
  readonly inputs: GoldenTensors;
  readonly name: string;
  readonly uses: readonly LoraUse[];
}

async function sdxlChecks({ checkpoint, golden, inputs, name, uses }: SdxlRun): Promise<Check[]> {
  const of = (tensor: string) => inputs.get(`unet.a.${tensor}`);
  const feeds = { x: of('x'), timesteps: of('timesteps'), context: of('context'), y: of('y') };
  const [expectedL, expectedG] = [golden.get(`l_penultimate.${name}`), golden.get(`g_penultimate.${name}`)];
  const checks: Check[] = [];
  for (const run of [await fedRun(checkpoint, uses), await writtenRun(checkpoint, uses)]) {
    const text = async (encoder: 'clip_l' | 'clip_g', ids: string, expected: Tensor) => {
      const part = checkpoint.parts.text.find((candidate) => candidate.name === encoder)!;
      const layers = part.weights.count(encoder === 'clip_l' ? 'encoder.layers' : 'transformer.resblocks');
      const ran = textFeeds(inputs.get(ids), layers - 1, expected.shape[2]!);
      return await run((dress) => textEncoderOf(checkpoint, encoder, dress), ran);
    };
    const { out } = await run((dress) => unetOf(checkpoint, dress), feeds);
    const l = await text('clip_l', 'text.ids_l', expectedL);
    const g = await text('clip_g', 'text.ids_g', expectedG);
    checks.push(
      ['unet', tensorError(out!, golden.get(`unet_out.${name}`)), tolerance.model],
      ['CLIP-L', tensorError(l.hidden!, expectedL), tolerance.model],
      ['OpenCLIP-G', tensorError(g.hidden!, expectedG), tolerance.model],
      ['pooled', tensorError(g.pooled!, golden.get(`g_pooled.${name}`)), tolerance.model],
    );
  }
  return checks;
}

/** Runs a graph of the checkpoint that wears some LoRAs. */
type DressedRun = (
  graph: (dress: GoldenDress) => Graph,
  feeds: Parameters<typeof runOnce>[1],
) => ReturnType<typeof runOnce>;

async function writtenRun(checkpoint: GoldenCheckpoint, uses: readonly LoraUse[]): Promise<DressedRun> {
  const patch = loraPatch(uses, await targetsOf(checkpoint));
  return (graph, feeds) => runOnce(graph({ patch }), feeds);
}

async function fedRun(checkpoint: GoldenCheckpoint, uses: readonly LoraUse[]): Promise<DressedRun> {
  const targets = await targetsOf(checkpoint);
  return async (graph, feeds) => {
    const adapted = graph({ adapters: true });
    const read = readFactors(uses, { graph: adapted, targets });
    return await runOnce(adapted, { ...adapterFeeds(uses, adapted, read), ...feeds });
  };
}
