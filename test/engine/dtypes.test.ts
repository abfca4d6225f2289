import { afterAll, beforeAll, expect, test } from 'vitest';
import { textEncoder } from '../../src/engine/nets/clip-text.ts';
import { openCheckpoint } from '../../src/engine/pipeline/models.ts';
import { openNetwork } from '../../src/engine/runtime/network.ts';
import { float32ToBfloat16, float32ToFloat16 } from '../../src/engine/tensor/half.ts';
import type { Tensor } from '../../src/engine/tensor/tensor.ts';
import { type DType, toFloat32 } from '../../src/engine/weights/dtypes.ts';
import { openWeights } from '../../src/engine/weights/open-weights.ts';
import { weightsOf } from '../../src/engine/weights/weights.ts';
import { tensorError } from '../../src/golden/compare.ts';
import { textFeeds } from '../../src/golden/models/checkpoint.ts';
import { type TinyTensors, tinyCheckpoint, tinyFile } from '../support/tiny-checkpoint.ts';
import { type GivenTensor, temporaryFolder } from './weights/safetensors-file.ts';

const cpu = { device: 'cpu', threads: 1 } as const;

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;
let folder: Folder;
let plain: TinyTensors;
beforeAll(async () => {
  folder = await temporaryFolder();
  plain = await tinyCheckpoint('sd1');
});
afterAll(() => folder[Symbol.asyncDispose]());

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Every code of an 8-bit float that is a number, by its value. */
function codesOf(dtype: 'F8_E4M3' | 'F8_E5M2') {
  const values = toFloat32(
    dtype,
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  return [...values.entries()].filter(([, value]) => Number.isFinite(value)).sort(([, a], [, b]) => a - b);
}

function toFloat8(dtype: 'F8_E4M3' | 'F8_E5M2', values: Float32Array): Uint8Array {
  const codes = codesOf(dtype);
  return Uint8Array.from(values, (value) => {
    let [low, high] = [0, codes.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (codes[middle]![1] <= value) low = middle;
      else high = middle;
    }
    return codes[low]![0];
  });
}

const encoders: Readonly<Partial<Record<DType, (values: Float32Array) => Uint8Array>>> = {
  F64: (values) => bytesOf(Float64Array.from(values)),
  F32: (values) => bytesOf(values),
  F16: (values) => bytesOf(float32ToFloat16(values)),
  BF16: (values) => bytesOf(float32ToBfloat16(values)),
  F8_E4M3: (values) => toFloat8('F8_E4M3', values),
  F8_E5M2: (values) => toFloat8('F8_E5M2', values),
};
const dtypes = Object.keys(encoders) as DType[];

/** The tensor in another dtype, and the same numbers in float32. */
function stored(tensor: GivenTensor, dtype: DType): readonly [GivenTensor, GivenTensor] {
  if (tensor.dtype !== 'F32') return [tensor, tensor];
  const values = new Float32Array(tensor.bytes.buffer, tensor.bytes.byteOffset, tensor.bytes.byteLength / 4);
  const bytes = encoders[dtype]!(values);
  return [
    { ...tensor, dtype, bytes },
    { ...tensor, bytes: bytesOf(toFloat32(dtype, bytes)) },
  ];
}

/** Two rows of tokens that a vocabulary of 600 has. */
const ids: Tensor = { data: Float32Array.from({ length: 154 }, (_, i) => (i * 7) % 600), shape: [2, 77] };

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898) * 0.8),
  shape,
});

/** What every network of a checkpoint answers. */
async function answers(path: string): Promise<readonly Tensor[]> {
  await using checkpoint = await openCheckpoint(path, { device: cpu });
  const tokens = [[49406, 320, 300, ...Array<number>(74).fill(49407)].map((id) => (id > 599 ? id - 48808 : id))];
  return [
    await checkpoint.unet(noise(1, 4, 8, 8), [500], noise(1, 77, 64)),
    ...(await checkpoint.encodeText(tokens, 1, [])).states,
    await checkpoint.encodeMoments(noise(1, 3, 32, 32)),
    await checkpoint.decodeLatent(noise(1, 4, 4, 4)),
  ];
}

/** Every tensor in the dtype that is its turn; an odd byte before them lets none be aligned. */
async function compare(name: string, dtypeOf: (i: number) => DType): Promise<void> {
  const pairs = Object.entries(plain).map(([key, tensor], i) => [key, stored(tensor, dtypeOf(i))] as const);
  const odd = { odd: { dtype: 'U8', shape: [1], bytes: Uint8Array.of(1) } };
  const small = tinyFile({ ...odd, ...Object.fromEntries(pairs.map(([key, [tensor]]) => [key, tensor])) });
  const wide = tinyFile(Object.fromEntries(pairs.map(([key, [, tensor]]) => [key, tensor])));
  const [got, expected] = [
    await answers(await folder.write(`${name}.safetensors`, small)),
    await answers(await folder.write(`${name}-wide.safetensors`, wide)),
  ];
  for (const [i, tensor] of got.entries()) expect(tensorError(tensor, expected[i]!)).toBeLessThan(1e-4);
}

test('a checkpoint in which every tensor has another dtype, none of them aligned, computes what its numbers say', async () => {
  await compare('mixed', (i) => dtypes[i % dtypes.length]!);
}, 60_000);

test.each(dtypes)('tokens are looked up in a table of %s', async (dtype) => {
  const prefix = 'cond_stage_model.transformer.';
  const table = `${prefix}text_model.embeddings.token_embedding.weight`;
  const own = Object.entries(plain).filter(([name]) => name.startsWith(prefix) && !/layers\.[1-9]/.test(name));
  const [small, wide] = stored(plain[table]!, dtype).map((given) => ({ ...Object.fromEntries(own), [table]: given }));
  const hidden = async (name: string, tensors: TinyTensors) => {
    const path = await folder.write(`${name}.safetensors`, tinyFile(tensors));
    const weights = weightsOf(path, (await openWeights(path)).tensors).at(`${prefix}text_model`);
    await using network = await openNetwork(textEncoder({ name: 'clip_l', layout: 'huggingFace', weights }), cpu);
    return (await network.run(textFeeds(ids, 1, 64))).hidden!;
  };
  const got = await hidden(`table-${dtype}`, small!);
  expect(tensorError(got, await hidden(`table-${dtype}-wide`, wide!))).toBeLessThan(1e-5);
});
