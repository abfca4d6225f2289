import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { graphBuilder } from '../../src/engine/graph/builder.ts';
import type { Graph } from '../../src/engine/graph/core.ts';
import { chooseDevice, workingDevice } from '../../src/engine/runtime/choose-device.ts';
import { sessionOptions } from '../../src/engine/runtime/device.ts';
import { type Feed, openNetwork } from '../../src/engine/runtime/network.ts';
import type { Tensor } from '../../src/engine/tensor/tensor.ts';
import { tensorError } from '../../src/golden/compare.ts';
import { goldenCheckpoint, runOnce, textEncoderOf, textFeeds, unetOf } from '../../src/golden/models/checkpoint.ts';

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
async function attention({ causal = false, queries = 64, products = 0 } = {}): Promise<number> {
  const g = graphBuilder('attention');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, 'F32', ['B', name, 'C']));
  g.output('out', g.attention(q!, k!, v!, { heads: 5, causal, products }));
  const keys = causal ? queries : 77;
  const feeds = { q: noise(2, queries, 40), k: noise(2, keys, 40), v: noise(2, keys, 40) };
  return await difference(g.finish(), feeds, 'out');
}

/**
 * Inpainting: nine channels, two levels, convolutions and attention of every kind. Also tells which operators the runtime leaves to the CPU, as its
 * own profile of the run has it.
 */
async function unet(): Promise<{ readonly unet: number; readonly onCpu: readonly string[] }> {
  const checkpoint = await golden('concat');
  const graph = unetOf(checkpoint);
  const context = noise(1, 77, checkpoint.facts.unet.contextDim!);
  const feeds = { x: noise(1, 9, 8, 8), timesteps: { data: Float32Array.of(20.5), shape: [1] }, context };
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-profile-'));
  const session = await InferenceSession.create(graph.webGpuModel(), {
    ...sessionOptions(graph, { device: 'webgpu' }),
    ...{ enableProfiling: true, profileFilePrefix: join(folder, 'run') },
  });
  const given = Object.entries(feeds).map(([name, { data, shape }]) => [name, new OrtTensor('float32', data, shape)]);
  const { out } = await session.run(Object.fromEntries(given));
  session.endProfiling();
  await session.release();
  const [file = ''] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as ProfileEvent[];
  await rm(folder, { recursive: true });
  const onCpu = events.flatMap(({ args }) => (args?.provider === 'CPUExecutionProvider' ? [args] : []));
  const got = { data: out!.data as Float32Array, shape: out!.dims };
  return {
    unet: tensorError(got, (await runOnce(graph, feeds)).out!),
    onCpu: [...new Set(onCpu.filter(isLarge).map(({ op_name }) => op_name))].sort(),
  };
}

interface ProfileEvent {
  readonly args?: NodeProfile;
}

interface NodeProfile {
  readonly provider: string;
  readonly op_name: string;
  /** `[{ "float": [1, 64] }]` */
  readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
}

/** More than the sizes of something. */
const isLarge = ({ output_type_shape: outputs }: NodeProfile) =>
  outputs.some((output) => Object.values(output).some((shape) => shape.reduce((a, b) => a * b, 1) > 16));

async function text(): Promise<number> {
  const ids = { data: Float32Array.from({ length: 77 }, (_, i) => (i * 7) % 519), shape: [1, 77] };
  return await difference(textEncoderOf(await golden('sd2'), 'clip_h'), textFeeds(ids, 3, 40), 'normed');
}

const { unet: unetDifference, onCpu } = await unet();
const differences = {
  attention: await attention(),
  causal: await attention({ causal: true }),
  pieces: await attention({ queries: 61, products: 9 * 2 ** 24 }),
  unet: unetDifference,
  text: await text(),
};
const { precision } = await workingDevice({ device: 'webgpu', precision: 'auto' }, () => {});
process.stdout.write(`${JSON.stringify({ differences, onCpu, precision })}\n`);
