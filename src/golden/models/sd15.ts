import { join } from 'node:path';
import type { Emphasis } from '../../edit/choices.ts';
import { vaeDecoder, vaeEncoder } from '../../engine/nets/vae.ts';
import { encodePrompts, promptDefaults } from '../../engine/pipeline/conditioning.ts';
import { openCheckpoint } from '../../engine/pipeline/models.ts';
import { decodeTiled, encodeTiled } from '../../engine/pipeline/tiled-vae.ts';
import { openTokenizer } from '../../engine/prompt/tokenizer.ts';
import { openNetwork } from '../../engine/runtime/network.ts';
import { stack } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import { readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import {
  caseNames,
  cpu,
  type GoldenCheckpoint,
  goldenCheckpoint,
  goldenFiles,
  runOnce,
  textEncoderOf,
  textFeeds,
  unetOf,
} from './checkpoint.ts';
import { e2eChecks } from './e2e.ts';

const area = 'models/sd15';
const tolerance = { graph: 1e-4, trace: 2e-4, cond: 2e-4 };

/** U-Net, VAE and text encoder of a Stable Diffusion 1 checkpoint, and its conditioning (`sd15/`). */
export async function* sd15Cases(dir: string): AsyncIterable<GoldenOutcome> {
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, /\.safetensors$/)) {
    const name = file.replace('.safetensors', '');
    const kind = kinds.find((one) => name.startsWith(one));
    if (kind) yield* casesOf[kind]({ checkpoint, dir, name, golden: await readGoldenTensors(join(dir, file)) });
    else if (!name.startsWith('e2e_') && join(dir, file) !== checkpoint.path) {
      yield { area, name, status: 'not covered', reason: 'this version has nothing that computes it' };
    }
  }
  for (const file of await goldenFiles(dir, /^e2e_.*\.json$/)) yield attempt(area, file, () => e2eChecks(dir, file));
}

/** A file of cases about a checkpoint. */
interface CaseFile {
  readonly checkpoint: GoldenCheckpoint;
  readonly dir: string;
  /** Without ending. */
  readonly name: string;
  readonly golden: GoldenTensors;
}

/** What files are about, by how their names begin. */
const casesOf = {
  unet_io: unetCases,
  unet_trace: (file) => one(file, traceChecks),
  vae_io: vaeCases,
  clip_io: (file) => one(file, clipChecks),
  a1111_cond: condCases,
} satisfies Readonly<Record<string, (file: CaseFile) => AsyncIterable<GoldenOutcome>>>;
const kinds = Object.keys(casesOf) as (keyof typeof casesOf)[];

async function* one(file: CaseFile, checks: (file: CaseFile) => Promise<Check[]>): AsyncIterable<GoldenOutcome> {
  yield attempt(area, file.name, () => checks(file));
}

async function* unetCases({ checkpoint, name: file, golden }: CaseFile): AsyncIterable<GoldenOutcome> {
  for (const name of caseNames(golden, 'unet', 'x')) {
    const of = (tensor: string) => golden.get(`unet.${name}.${tensor}`);
    yield attempt(area, `${file} ${name}`, async () => {
      const feeds = { x: of('x'), timesteps: of('timesteps'), context: of('context') };
      const { out } = await runOnce(unetOf(checkpoint), feeds);
      return [['out', tensorError(out!, of('out')), tolerance.graph]];
    });
  }
}

/** The trace is that of the first picture of the first case of `unet_io`. */
async function traceChecks({ checkpoint, dir, name, golden }: CaseFile): Promise<Check[]> {
  const io = await readGoldenTensors(join(dir, `${name.replace('unet_trace', 'unet_io')}.safetensors`));
  const [first = ''] = caseNames(io, 'unet', 'x').sort();
  const of = (tensor: string) => {
    const { data, shape } = io.get(`unet.${first}.${tensor}`);
    return { data: data.subarray(0, data.length / shape[0]!), shape: [1, ...shape.slice(1)] };
  };
  const feeds = { x: of('x'), timesteps: of('timesteps'), context: of('context') };
  const traced = await runOnce(unetOf(checkpoint, { trace: true }), feeds);
  return [...golden.tensors.keys()].map((name) => [
    name,
    traced[name] ? tensorError(traced[name], golden.get(name)) : Number.POSITIVE_INFINITY,
    tolerance.trace,
  ]);
}

async function* vaeCases({ checkpoint, name: file, golden }: CaseFile): AsyncIterable<GoldenOutcome> {
  const { parts } = checkpoint;
  await using encoder = await openNetwork(vaeEncoder(parts.vae!), cpu);
  await using decoder = await openNetwork(vaeDecoder(parts.vae!), cpu);
  for (const name of caseNames(golden, 'vae', 'image')) {
    const of = (tensor: string) => golden.get(`vae.${name}.${tensor}`);
    yield attempt(area, `${file} ${name}`, async () => {
      const { moments } = await encoder.run({ pixels: of('image') });
      const { pixels } = await decoder.run({ z: of('z') });
      return [
        ['moments', tensorError(moments!, of('moments')), tolerance.graph],
        ['decoded', tensorError(pixels!, of('decoded')), tolerance.graph],
      ];
    });
  }
  if (golden.tensors.has('tiled.z')) yield attempt(area, `${file} tiled`, () => tiledChecks(checkpoint, golden));
}

/** Decoding and encoding in overlapping tiles; the parameters are in the file's metadata. */
async function tiledChecks({ parts }: GoldenCheckpoint, golden: GoldenTensors): Promise<Check[]> {
  await using encoder = await openNetwork(vaeEncoder(parts.vae!), cpu);
  await using decoder = await openNetwork(vaeDecoder(parts.vae!), cpu);
  const of = JSON.parse(golden.metadata.tiled ?? '{}') as Record<string, number>;
  const decode = async (z: Tensor) => (await decoder.run({ z })).pixels!;
  const encode = async (pixels: Tensor) => meanChannels((await encoder.run({ pixels })).moments!);
  const pixels = await decodeTiled(golden.get('tiled.z'), decode, { tile: of.tile_x!, overlap: of.overlap! });
  const shown = { ...pixels, data: pixels.data.map((v) => Math.min(1, Math.max(0, v / 2 + 0.5))) };
  const given = golden.get('tiled.image_01');
  const picture = { ...given, data: given.data.map((v) => 2 * v - 1) };
  const latent = await encodeTiled(picture, encode, { tile: of.encode_tile_px!, overlap: of.encode_overlap_px! });
  return [
    ['decoded', tensorError(shown, golden.get('tiled.decoded_tiled_01')), tolerance.graph],
    ['encoded mean', tensorError(latent, golden.get('tiled.encoded_mean_tiled')), tolerance.graph],
  ];
}

/** The first half of the channels of one picture's moments. */
function meanChannels({ data, shape: [batch = 0, channels = 0, ...size] }: Tensor): Tensor {
  return { data: data.subarray(0, data.length / 2), shape: [batch, channels / 2, ...size] };
}

async function clipChecks({ checkpoint, golden }: CaseFile): Promise<Check[]> {
  const ids = golden.get('clip.input_ids');
  const states = caseNumbers(golden, 'clip.hidden_states.');
  const last = Math.max(...states);
  const width = golden.get('clip.last_hidden_state').shape[2]!;
  await using network = await openNetwork(textEncoderOf(checkpoint, 'clip_l'), cpu);
  const checks: Check[] = [];
  const compare = async (name: string, layer: number, output: 'hidden' | 'normed') => {
    const result = await network.run(textFeeds(ids, layer, width));
    checks.push([name, tensorError(result[output]!, golden.get(name)), tolerance.graph]);
  };
  for (const layer of states) await compare(`clip.hidden_states.${layer}`, layer, 'hidden');
  await compare('clip.last_hidden_state', last, 'normed');
  for (const skip of caseNumbers(golden, 'clip.cond_clip_skip_')) {
    await compare(`clip.cond_clip_skip_${skip}`, last + 1 - skip, 'normed');
  }
  return checks;
}

function caseNumbers(golden: GoldenTensors, prefix: string): number[] {
  const names = [...golden.tensors.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => Number(name.slice(prefix.length)));
}

interface CondCase {
  readonly index: number;
  readonly prompt: string;
  readonly emphasis: Emphasis;
  readonly clip_skip: number;
}

/** Prompts through tokenizer, chunks, textual inversion, text encoder and emphasis. */
async function* condCases({ checkpoint: { path }, dir, name, golden }: CaseFile): AsyncIterable<GoldenOutcome> {
  const tokenize = await openTokenizer();
  const named = [...golden.tensors.keys()].filter((name) => name.startsWith('embedding.'));
  const embeddings = named.map((name) => ({ name: name.slice('embedding.'.length), vectors: [golden.get(name)] }));
  await using checkpoint = await openCheckpoint(path, { device: cpu });
  for (const { index, prompt, emphasis, clip_skip: clipSkip } of await readJson<CondCase[]>(dir, `${name}.json`)) {
    yield attempt(area, `${name} ${index}`, async () => {
      const options = { ...promptDefaults, prompt, negativePrompt: '', steps: 20, clipSkip, embeddings, emphasis };
      const { parts } = await encodePrompts(tokenize, checkpoint.encodeText, options);
      const { cond } = parts[0]!.schedule[0]!;
      return [['cond', tensorError(stack([cond]), golden.get(`cond.${index}`)), tolerance.cond]];
    });
  }
}
