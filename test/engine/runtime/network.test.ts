import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../../src/engine/graph/builder.ts';
import { openNetwork } from '../../../src/engine/runtime/network.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { weightsOf } from '../../../src/engine/weights/weights.ts';
import { Refusal } from '../../../src/errors.ts';
import { float32, type GivenTensor, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const cpu = { device: 'cpu' } as const;
const twoByTwo = { weight: float32([2, 2], [1, 2, 3, 4]), bias: float32([2], [10, 20]) };

/** y = x Wᵀ + b over the tensors of a file, for x = (1, 1). */
async function linearOf(path: string): Promise<number[]> {
  const file = await openWeights(path);
  const g = graphBuilder('linear');
  g.output('y', g.linear(weightsOf(path, file.tensors), g.input('x', 'F32', ['N', 2])));
  await using network = await openNetwork(g.finish(), cpu);
  return [...(await network.run({ x: { data: Float32Array.of(1, 1), shape: [1, 2] } })).y!.data];
}

test('a network computes over the tensors where they lie in the file', async () => {
  await using folder = await temporaryFolder();
  expect(await linearOf(await folder.write('a.safetensors', safetensorsBytes(twoByTwo)))).toEqual([13, 27]);
});

test('tensors at odd offsets are read as they are', async () => {
  await using folder = await temporaryFolder();
  const odd = { first: { dtype: 'U8', shape: [3], bytes: new Uint8Array(3) }, ...twoByTwo };
  expect(await linearOf(await folder.write('a.safetensors', safetensorsBytes(odd)))).toEqual([13, 27]);
});

test('the folder of the file may be read-only, and the file a symbolic link', async () => {
  await using folder = await temporaryFolder();
  const real = join(folder.path, 'real');
  await mkdir(real);
  const target = await folder.write('real/ünïcode name.safetensors', safetensorsBytes(twoByTwo));
  await symlink(target, join(folder.path, 'link.safetensors'));
  await chmod(real, 0o555);
  expect(await linearOf(join(folder.path, 'link.safetensors'))).toEqual([13, 27]);
  await chmod(real, 0o755);
});

test('one network may span files in different folders', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'Stable-diffusion'));
  await mkdir(join(folder.path, 'Lora'));
  const a = await openWeights(await folder.write('Stable-diffusion/a.safetensors', safetensorsBytes(twoByTwo)));
  const more = { delta: float32([2, 2], [100, 0, 0, 100]) };
  const b = await openWeights(await folder.write('Lora/b.safetensors', safetensorsBytes(more)));
  const g = graphBuilder('patched');
  g.patchWith((tensor, value) =>
    tensor.name === 'weight' ? g.add(value(), g.stored(b.tensors.get('delta')!)) : undefined,
  );
  g.output('y', g.linear(weightsOf('a', a.tensors), g.input('x', 'F32', ['N', 2])));
  const graph = g.finish();
  expect(graph.folder).toBe(folder.path);
  await using network = await openNetwork(graph, cpu);
  const { y } = await network.run({ x: { data: Float32Array.of(1, 1), shape: [1, 2] } });
  expect([...y!.data]).toEqual([113, 127]);
});

describe('weights are computed with as float32 whatever their dtype:', () => {
  const codes: Record<string, GivenTensor> = {
    F16: { dtype: 'F16', shape: [2, 2], bytes: new Uint8Array(Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400).buffer) },
    BF16: {
      dtype: 'BF16',
      shape: [2, 2],
      bytes: new Uint8Array(Uint16Array.of(0x3f80, 0x4000, 0x4040, 0x4080).buffer),
    },
    F8_E4M3: { dtype: 'F8_E4M3', shape: [2, 2], bytes: Uint8Array.of(0x38, 0x40, 0x44, 0x48) },
    F8_E5M2: { dtype: 'F8_E5M2', shape: [2, 2], bytes: Uint8Array.of(0x3c, 0x40, 0x42, 0x44) },
    F64: { dtype: 'F64', shape: [2, 2], bytes: new Uint8Array(Float64Array.of(1, 2, 3, 4).buffer) },
  };
  test.each(Object.entries(codes))('%s', async (_, weight) => {
    await using folder = await temporaryFolder();
    const bytes = safetensorsBytes({ weight, bias: twoByTwo.bias });
    expect(await linearOf(await folder.write('a.safetensors', bytes))).toEqual([13, 27]);
  });
});

test('memory that cannot be had is a refusal that names the size', async () => {
  const g = graphBuilder('huge');
  const shape = g.input('shape', 'I64', [2]);
  g.output('y', g.op('Expand', [g.floats(1), shape]));
  await using network = await openNetwork(g.finish(), cpu);
  const error = await network
    .run({ shape: { data: BigInt64Array.of(2n ** 20n, 2n ** 24n), shape: [2] } })
    .catch((e) => e);
  expect(error).toBeInstanceOf(Refusal);
  expect(error.code).toBe('out-of-memory');
});

test('what does not fill its shape is not fed', async () => {
  const g = graphBuilder('identity');
  g.output('y', g.input('x', 'F32', ['N']));
  await using network = await openNetwork(g.finish(), cpu);
  await expect(network.run({ x: { data: new Float32Array(2), shape: [3] } })).rejects.toThrow(RangeError);
});
