import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph, Precision } from '../../engine/graph/core.ts';
import { textEncoder } from '../../engine/nets/clip-text.ts';
import type { loraPatch } from '../../engine/nets/lora-patch.ts';
import { unet } from '../../engine/nets/unet.ts';
import { type Feed, openNetwork } from '../../engine/runtime/network.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { type CheckpointFacts, examineCheckpoint } from '../../engine/weights/checkpoint-facts.ts';
import { openCheckpointFile } from '../../engine/weights/checkpoint-file.ts';
import type { CheckpointParts } from '../../engine/weights/checkpoint-parts.ts';
import type { GoldenTensors } from '../tensors.ts';

/** A golden checkpoint taken apart. */
export interface GoldenCheckpoint {
  readonly path: string;
  readonly facts: CheckpointFacts;
  readonly parts: CheckpointParts;
}

export const cpu = { device: 'cpu' } as const;

/** The one checkpoint of a folder, whatever its tensors are called: `*_tiny*`, or the only file that is no case. */
export async function goldenCheckpoint(dir: string): Promise<GoldenCheckpoint> {
  const files = await goldenFiles(dir, /\.(safetensors|ckpt|pth?)$/);
  const name =
    files.find((file) => file.includes('_tiny')) ?? files.find((file) => !/_io|_trace|_cond|e2e_/.test(file));
  if (!name) throw new RangeError(`no checkpoint in ${dir}`);
  const path = join(dir, name);
  return { path, ...(await examineCheckpoint(await openCheckpointFile(path))) };
}

/** Files of a folder by what they hold: `<kind>_io.safetensors` and the like. */
export async function goldenFiles(dir: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(dir)).filter((file) => pattern.test(file)).sort();
}

/** The cases in a file whose tensors are called `<kind>.<case>.<tensor>`. */
export function caseNames(golden: GoldenTensors, kind: string, tensor: string): string[] {
  const [head, tail] = [`${kind}.`, `.${tensor}`];
  const names = [...golden.tensors.keys()].filter((name) => name.startsWith(head) && name.endsWith(tail));
  return names.map((name) => name.slice(head.length, -tail.length));
}

/** Opens a graph, runs it once and closes it. */
export async function runOnce(graph: Graph, feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>> {
  await using network = await openNetwork(graph, cpu);
  return await network.run(feeds);
}

/** How a network takes LoRAs: written into its graph, or fed. */
export interface GoldenDress {
  readonly patch?: ReturnType<typeof loraPatch>;
  readonly adapters?: boolean;
  readonly precision?: Precision;
}

/** The U-Net of a golden checkpoint. */
export function unetOf(
  { parts, facts }: GoldenCheckpoint,
  options: GoldenDress & { readonly trace?: boolean } = {},
): Graph {
  return unet(parts.unet!, { headsAt: facts.headsAt, latentSide: facts.nativeSize / 8, ...options });
}

/** One of its text encoders. */
export function textEncoderOf(
  { parts, facts }: GoldenCheckpoint,
  name: 'clip_l' | 'clip_h' | 'clip_g',
  options: GoldenDress = {},
): Graph {
  const part = parts.text.find((candidate) => candidate.name === name);
  if (!part) throw new RangeError(`the checkpoint holds no ${name}`);
  const [heads, activation] = [facts.declared.textHeads?.[name], facts.declared.textActivations?.[name]];
  return textEncoder(part, { ...(heads && { heads }), ...(activation && { activation }), ...options });
}

/** Feeds of a text encoder for token ids [N, 77]: the state after `layer` layers, no textual inversion. */
export function textFeeds(ids: Tensor, layer: number, width: number): Record<string, Feed> {
  return {
    tokens: { data: Int32Array.from(ids.data), shape: ids.shape },
    layer: { data: BigInt64Array.of(BigInt(layer)), shape: [1] },
    places: { data: new BigInt64Array(0), shape: [0, 2] },
    vectors: { data: new Float32Array(0), shape: [0, width] },
  };
}
