import { resolve } from 'node:path';
import { graphBuilder } from '../../src/engine/graph/builder.ts';
import type { Graph } from '../../src/engine/graph/core.ts';
import { chooseDevice } from '../../src/engine/runtime/choose-device.ts';
import { type Feed, openNetwork } from '../../src/engine/runtime/network.ts';
import type { Tensor } from '../../src/engine/tensor/tensor.ts';
import { tensorError } from '../../src/golden/compare.ts';
import { goldenCheckpoint, textEncoderOf, textFeeds, unetOf } from '../../src/golden/models/checkpoint.ts';

/**
 * Small networks on WebGPU beside the CPU, in a process of its own: the driver is chosen by the environment. Writes the largest difference of each.
 */
const golden = (name: string) => goldenCheckpoint(resolve('test/golden/models', name));

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});

async function difference(graph: Graph, feeds: Readonly<Record<string, Feed>>, output: string): Promise<number> {
  const answers: Tensor[] = [];
  for (const device of ['cpu', await chooseDevice('webgpu')] as const) {
    await using network = await openNetwork(graph, { device });
    answers.push((await network.run(feeds))[output]!);
  }
  return tensorError(answers[1]!, answers[0]!);
}

/** Attention alone, to more keys than fit into a tile of a shader. */
async function attention(causal: boolean): Promise<number> {
  const g = graphBuilder('attention');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, 'F32', ['B', name, 'C']));
  g.output('out', g.attention(q!, k!, v!, { heads: 5, causal }));
  const keys = causal ? 64 : 77;
  return await difference(g.finish(), { q: noise(2, 64, 40), k: noise(2, keys, 40), v: noise(2, keys, 40) }, 'out');
}

/** Inpainting: nine channels, two levels, convolutions and attention of every kind. */
async function unet(): Promise<number> {
  const checkpoint = await golden('concat');
  const context = noise(1, 77, checkpoint.facts.unet.contextDim!);
  const feeds = { x: noise(1, 9, 8, 8), timesteps: { data: Float32Array.of(20.5), shape: [1] }, context };
  return await difference(unetOf(checkpoint), feeds, 'out');
}

async function text(): Promise<number> {
  const ids = { data: Float32Array.from({ length: 77 }, (_, i) => (i * 7) % 519), shape: [1, 77] };
  return await difference(textEncoderOf(await golden('sd2'), 'clip_h'), textFeeds(ids, 3, 40), 'normed');
}

const found = {
  attention: await attention(false),
  causal: await attention(true),
  unet: await unet(),
  text: await text(),
};
process.stdout.write(`${JSON.stringify(found)}\n`);
