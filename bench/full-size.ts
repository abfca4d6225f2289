import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { graphBuilder } from '../src/engine/graph/builder.ts';
import type { LoraUse } from '../src/engine/nets/lora-patch.ts';
import { unet } from '../src/engine/nets/unet.ts';
import { openCheckpoint } from '../src/engine/pipeline/models.ts';
import { openNetwork } from '../src/engine/runtime/network.ts';
import type { Tensor } from '../src/engine/tensor/tensor.ts';
import { examineCheckpoint } from '../src/engine/weights/checkpoint-facts.ts';
import type { CheckpointParts } from '../src/engine/weights/checkpoint-parts.ts';
import { openLora } from '../src/engine/weights/lora-file.ts';
import { openWeights } from '../src/engine/weights/open-weights.ts';
import { peakBytes } from './peak.ts';
import { type Measured, median, timed } from './report.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

interface Family {
  /** Layout files and the prefixes they have in a checkpoint. */
  readonly parts: readonly (readonly [layout: string, prefix: string])[];
  readonly latentSide: number;
  readonly contextDim: number;
  /** Length of the label vector. */
  readonly adm: number | null;
  /** Multiplications and additions of one evaluation of the U-Net at that size, 10¹². */
  readonly teraFlop: number;
  /** How often a step is timed with a LoRA and without. */
  readonly times: number;
  readonly limits: Readonly<Partial<Record<'open' | 'step' | 'memory', number>>>;
}

const families: Readonly<Record<string, Family>> = {
  sd15: {
    parts: [
      ['unet_sd15', 'model.diffusion_model.'],
      ['vae_kl_f8', 'first_stage_model.'],
      ['text_clip_l_hf', 'cond_stage_model.transformer.'],
    ],
    ...{ latentSide: 64, contextDim: 768, adm: null, teraFlop: 0.8, times: 2 },
    limits: { open: 10, step: 5.5, memory: 4800 },
  },
  sdxl: {
    parts: [
      ['unet_sdxl', 'model.diffusion_model.'],
      ['vae_kl_f8', 'first_stage_model.'],
      ['text_clip_l_hf', 'conditioner.embedders.0.transformer.'],
      ['text_openclip_bigg', 'conditioner.embedders.1.model.'],
    ],
    ...{ latentSide: 128, contextDim: 2048, adm: 2816, teraFlop: 6.76, times: 1 },
    limits: { memory: 20_000 },
  },
};

/** Writes a checkpoint of a family's true shapes in float16, numbers between ±0.03, a piece at a time. */
async function writeRandom(path: string, { parts }: Family): Promise<void> {
  const shapes: Record<string, readonly number[]> = {};
  for (const [layout, prefix] of parts) {
    const file = new URL(`../test/golden/models/layouts/${layout}.json`, import.meta.url);
    const { tensors } = JSON.parse(await readFile(file, 'utf8')) as { tensors: Shapes };
    for (const [name, shape] of Object.entries(tensors)) shapes[prefix + name] = shape;
  }
  await writeShapes(path, shapes);
}

async function writeShapes(path: string, shapes: Shapes): Promise<void> {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = 2 * shape.reduce((product, n) => product * n, 1);
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const piece = Buffer.alloc(4 << 20);
  for (let i = 0; i < piece.length; i += 2) {
    const sign = Math.random() < 0.5 ? 0x8000 : 0;
    piece.writeUInt16LE(sign | (0x1c00 + Math.floor(Math.random() * 0x0b00)), i); // 0.004 … 0.03
  }
  const stream = createWriteStream(path);
  stream.write(Buffer.concat([length, text]));
  for (let left = offset; left > 0; left -= piece.length) {
    if (!stream.write(piece.subarray(0, Math.min(left, piece.length)))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

const loraRank = 32;
/** Side of latents whose step takes so little that reading a LoRA is seen. */
const TINY = 8;

/** A LoRA for every layer of the U-Net, as kohya writes them, in float16 beside the checkpoint. */
async function loraFor(path: string, { unet }: CheckpointParts): Promise<LoraUse> {
  const start = `${unet!.prefix}.`;
  const file = await openWeights(path);
  const shapes: Record<string, readonly number[]> = {};
  for (const { name, shape } of file.tensors.values()) {
    if (!name.startsWith(start) || !name.endsWith('.weight') || shape.length < 2) continue;
    const base = `lora_unet_${name.slice(start.length, -'.weight'.length).replaceAll('.', '_')}`;
    shapes[`${base}.lora_down.weight`] = [loraRank, ...shape.slice(1)];
    shapes[`${base}.lora_up.weight`] = [shape[0]!, loraRank, ...shape.slice(2).map(() => 1)];
  }
  const place = join(dirname(path), 'lora.safetensors');
  await writeShapes(place, shapes);
  return { name: 'lora', file: await openLora(place), multipliers: { unet: 0.8, text: 0.8 } };
}

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

/** 10¹² operations a second of square matrix products: what this machine can do at best. */
async function matrixPeak(): Promise<number> {
  let best = 0;
  for (const side of [512, 1024, 2048]) {
    const g = graphBuilder('peak');
    const [a, b] = [g.input('a', 'F32', [side, side]), g.input('b', 'F32', [side, side])];
    g.output('y', g.op('MatMul', [a, b]));
    await using network = await openNetwork(g.finish(), { device: 'cpu' });
    const feeds = { a: noise(side, side), b: noise(side, side) };
    await network.run(feeds);
    for (let i = 0; i < 8; i++) best = Math.max(best, (2 * side ** 3) / (await timed(() => network.run(feeds))));
  }
  return (1000 * best) / 1e12;
}

/** Opens a checkpoint of full size in place and times what an edit is made of. @throws Error for a family that is not there */
export async function fullSize(name: string): Promise<readonly Measured[]> {
  const family = families[name];
  if (!family) throw new Error(`--family is one of ${Object.keys(families).join(', ')}`);
  const dir = await mkdtemp(join(tmpdir(), 'palimpsest-full-'));
  try {
    const path = join(dir, `${name}.safetensors`);
    await writeRandom(path, family);
    const measured = await measure(name, family, path);
    const files = await readdir(dir);
    if (files.length !== 2) throw new Error(`weights were written to disk: ${files.join(', ')}`);
    return measured;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measure(name: string, family: Family, path: string): Promise<readonly Measured[]> {
  const { latentSide, contextDim, adm, teraFlop, times, limits } = family;
  const peak = await matrixPeak();
  const { facts, parts } = await examineCheckpoint(await openWeights(path));
  const graph = await timed(async () => unet(parts.unet!, { headsAt: facts.headsAt }));
  await using checkpoint = await openCheckpoint(path, { device: { device: 'cpu' } });
  const step = (batch: number, side = latentSide) =>
    checkpoint.unet(
      noise(batch, 4, side, side),
      new Array(batch).fill(500),
      noise(batch, 77, contextDim),
      ...(adm === null ? [] : [noise(batch, adm)]),
    );
  const pixels = 8 * latentSide;
  const lora = await loraFor(path, parts);
  const wear = (loras: readonly LoraUse[]) => checkpoint.use({ loras, hypernetworks: [] });
  const first = await timed(() => step(1));
  const one = await timed(() => step(1));
  let memory = 0; // before LoRA and autoencoder, whose activations are larger than its weights
  const [plain, dressed, dressing]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < times; i++) {
    wear([]);
    plain.push(await timed(() => step(2)));
    memory ||= (await peakBytes()) / 1e6;
    wear([lora]);
    const [prepared, again] = [await timed(() => step(1, TINY)), await timed(() => step(1, TINY))];
    dressing.push(prepared - again);
    dressed.push(await timed(() => step(2)));
  }
  wear([]);
  const two = Math.min(...plain);
  const words = [49406, ...new Array<number>(75).fill(320), 49407];
  const text = await timed(() => checkpoint.encodeText([words, words], 1, []));
  const encode = await timed(() => checkpoint.encodeImage(noise(1, 3, pixels, pixels)));
  const decode = await timed(() => checkpoint.decodeLatent(noise(1, 4, latentSide, latentSide)));
  const seconds = (what: string, ms: number, limit?: number): Measured => ({
    ...{ what: `${name}: ${what}`, value: ms / 1000, unit: 's', limit: limit ?? null },
  });
  const size = `${pixels}²`;
  return [
    { what: 'matrix products of this machine, at best', value: peak, unit: 'Tflop/s', limit: null },
    { what: `${name}: graph of the U-Net written`, value: graph, unit: 'ms', limit: 200 },
    seconds('U-Net opened over the file', first - one, limits.open),
    seconds('two prompts encoded, opening included', text),
    seconds(`encode ${size}, opening included`, encode),
    seconds(`step ${size}, batch 1`, one),
    seconds(`step ${size} with guidance, batch 2`, two, limits.step),
    seconds(`decode ${size}, opening included`, decode),
    {
      ...{ what: `${name}: before the first step with a LoRA of rank ${loraRank}, besides`, unit: 'ms', limit: 300 },
      value: Math.max(0, median(dressing)),
    },
    {
      ...{ what: `${name}: a step with that LoRA in every layer, longer by`, unit: '%', limit: 5 },
      value: Math.max(0, 100 * (Math.min(...dressed) / two - 1)),
    },
    {
      ...{ what: `${name}: share of the matrix peak, guided step`, unit: '%', limit: null },
      value: (100 * 2 * teraFlop) / (two / 1000) / peak,
    },
    { what: `${name}: resident memory with the U-Net, peak`, value: memory, unit: 'MB', limit: limits.memory ?? null },
    {
      ...{ what: `${name}: resident memory with LoRA, text encoders and autoencoder besides`, unit: 'MB', limit: null },
      value: (await peakBytes()) / 1e6,
    },
  ];
}
