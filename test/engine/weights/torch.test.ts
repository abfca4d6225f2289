import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { PickleError, unpickle } from '../../../src/engine/weights/pickle.ts';
import { torchEntries } from '../../../src/engine/weights/torch.ts';
import { torchWorld } from '../../../src/engine/weights/torch-objects.ts';
import { readTensor, type WeightsFile } from '../../../src/engine/weights/weights-file.ts';
import { Refusal } from '../../../src/errors.ts';
import { temporaryFolder } from './safetensors-file.ts';

const golden = (name: string) => fileURLToPath(new URL(`../../golden/models/pth/${name}`, import.meta.url));
const read = (...bytes: number[]) => unpickle(Buffer.from([0x80, 2, ...bytes, 0x2e]), 0, torchWorld()).value;
const text = (s: string) => [...Buffer.from(s)];

test('weights are taken out of what they are wrapped in', async () => {
  expect([...(await openWeights(golden('ckpt_style.ckpt'))).tensors.keys()]).toEqual(['a', 'b']);
  expect([...(await openWeights(golden('realesrgan_style.pth'))).tensors.keys()]).toEqual([
    'conv_first.weight',
    'conv_first.bias',
  ]);
});

test('tensors that lie in one piece are left where they are', async () => {
  const { tensors } = await openWeights(golden('state_dict_zip.pth'));
  expect(tensors.get('conv.weight')!.bytes).toBeUndefined();
  expect(tensors.get('transposed')!.bytes).toHaveLength(24 * 4);
});

describe('a pickle', () => {
  test('may hold numbers of any size', () => {
    expect(read(0x8a, 1, 0xff)).toBe(-1);
    expect(read(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1)).toBe(2n ** 64n);
  });

  test.each([
    ['calls something of the system', [...text('cos\nsystem\n'), 0x58, 1, 0, 0, 0, 0x61, 0x85, 0x52], 'os/system'],
    ['names something of the prototype', text('cconstructor\nconstructor\n'), 'forbidden'],
    ['calls a string', [0x58, 1, 0, 0, 0, 0x61, 0x29, 0x52], 'cannot be called'],
    ['uses an opcode of protocol 0', text('I1\n'), '0x49'],
    ['takes from an empty stack', [0x30], 'empty stack'],
    ['recalls what was not memorised', [0x68, 7], 'memorised'],
    ['goes back to no mark', [0x75], 'mark'],
    ['announces more text than there is', [0x58, 0xff, 0xff, 0xff, 0xff], 'too early'],
    ['never stops growing', Array<number>(1_000_001).fill(0x29), 'more than'],
    ['sets ever more aside', Array<number>(1_000_001).fill(0x28), 'more than'],
    ['makes ever more dictionaries', Array<number>(130_000).fill(0x7d), 'more than'],
    [
      'copies a long list again and again',
      [0x5d, 0x71, 0, 0x28, ...Array<number>(999).fill(0x4e), 0x65, ...text('cbuiltins\nset\n'), 0x71, 1].concat(
        Array.from({ length: 1100 }, () => [0x68, 1, 0x68, 0, 0x85, 0x52]).flat(),
      ),
      'more than',
    ],
    [
      'has a tensor of more axes than torch',
      [
        ...text('ctorch._utils\n_rebuild_tensor\n('),
        ...[
          0x28,
          ...text('X\x07\0\0\0storagectorch\nByteStorage\nX\x01\0\0\0'),
          0x30,
          0x4e,
          0x4b,
          1,
          0x74,
          0x51,
          0x4b,
          0,
        ],
        ...[0x28, ...Array.from({ length: 65 }, () => [0x4b, 1]).flat(), 0x74, 0x71, 0, 0x68, 0, 0x74, 0x52],
      ],
      'tensor that is none',
    ],
  ])('is refused when it %s', (_, bytes, words) => {
    const run = () => unpickle(Buffer.concat([Buffer.from([0x80, 2]), Buffer.from(bytes)]), 0, torchWorld());
    expect(run).toThrow(PickleError);
    expect(run).toThrow(words);
  });
});

test('a zip file whose end points further than any file reaches is refused', async () => {
  await using folder = await temporaryFolder();
  const bytes = await readFile(golden('state_dict_zip.pth'));
  const locator = bytes.lastIndexOf(Buffer.from('PK\x06\x07'));
  expect(locator).toBeGreaterThan(0);
  bytes.writeBigUInt64LE(63_894_819_713_324_376n, locator + 8);
  await expect(openWeights(await folder.write('far.pth', bytes))).rejects.toMatchObject({ code: 'weights-broken' });
});

test('what a dictionary calls by anything but text and numbers has no name, and none may be endless', async () => {
  const tensor = {
    storage: { dtype: 'U8', key: '0', count: 1, start: 0 },
    dtype: 'U8',
    shape: [],
    strides: [],
    offset: 0,
  };
  const places = new Map([['0', { offset: 0, length: 1 }]]);
  const path = golden('state_dict_zip.pth');
  let doubled: unknown = 'x';
  for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
  const value = new Map<unknown, unknown>([
    [doubled, new Map([['a', tensor]])],
    ['b', tensor],
    [7, tensor],
  ]);
  expect([...(await torchEntries(path, { value, places })).keys()]).toEqual(['b', '7']);
  const long = torchEntries(path, { value: new Map([['n'.repeat(1001), tensor]]), places });
  await expect(long).rejects.toMatchObject({ details: { why: "a tensor's name has 1001 characters" } });
});

test('a file that is opened through a link goes by the name of the link', async () => {
  await using folder = await temporaryFolder();
  await symlink(golden('state_dict_zip.pth'), join(folder.path, 'linked.pth'));
  await symlink(golden('refuse_os_system.pth'), join(folder.path, 'evil.pth'));
  const { path, tensors } = await openWeights(join(folder.path, 'linked.pth'));
  expect(path).toBe(join(folder.path, 'linked.pth'));
  expect(tensors.get('conv.weight')?.file).toBe(golden('state_dict_zip.pth')); // the runtime reads nothing through links
  await expect(openWeights(join(folder.path, 'evil.pth'))).rejects.toMatchObject({ details: { file: 'evil.pth' } });
});

test('a TorchScript program is refused, whatever weights lie in it', async () => {
  await using folder = await temporaryFolder();
  const bytes = await readFile(golden('state_dict_zip.pth'));
  const name = Buffer.from('/version');
  const member = Buffer.from('/code/xx'); // as long
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name)) member.copy(bytes, at);
  await expect(openWeights(await folder.write('script.pt', bytes))).rejects.toMatchObject({
    code: 'weights-broken',
    details: { why: expect.stringContaining('TorchScript') },
  });
});

test.each(['state_dict_zip.pth', 'state_dict_legacy.pth'])(
  'whatever becomes of %s, it is read or refused',
  async (name) => {
    await using folder = await temporaryFolder();
    const good = await readFile(golden(name));
    const damage = fc.array(fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 4,
    });
    const run = fc.asyncProperty(damage, fc.nat(good.length - 1), async (edits, cut) => {
      const bytes = Buffer.from(cut % 4 === 0 ? good.subarray(0, cut) : good);
      for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte;
      const path = await folder.write('fuzz.pth', bytes);
      const file: WeightsFile | Error = await openWeights(path).catch((error) => error);
      if (file instanceof Refusal) return file.code === 'weights-broken';
      if (file instanceof Error) throw file;
      for (const entry of file.tensors.values()) await readTensor(entry);
      return true;
    });
    await fc.assert(run, { numRuns: 200 });
  },
);
