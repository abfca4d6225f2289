import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBundled, readEmbedding } from '../../../src/engine/weights/embedding-file.ts';
import { loraFileOf } from '../../../src/engine/weights/lora-file.ts';
import { openWeights } from '../../../src/engine/weights/open-weights.ts';
import { readTensor, type WeightsFile } from '../../../src/engine/weights/weights-file.ts';
import { Refusal } from '../../../src/errors.ts';
import { float32, safetensorsBytes, temporaryFolder, withHeader } from './safetensors-file.ts';

const golden = (name: string) => resolve('test/golden/models', name);
/** Damaged files of each kind: 20,000 all together. */
const RUNS = 2500;
const MEMORY = 300e6;

/** One change of a file: a byte, a bit of a length, a piece cut out, a piece said twice, or the end cut off. */
type Change =
  | { readonly kind: 'byte'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut' | 'twice' | 'end'; readonly at: number; readonly length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('cut' as const, 'twice' as const, 'end' as const),
      at: place,
      length: fc.nat(40),
    }),
  },
);

/** @param area  only this many first bytes are changed: where a file says what it is */
function changed(bytes: Buffer, changes: readonly Change[], area: number): Buffer {
  return changes.reduce((now, c) => {
    const at = Math.floor(c.at * Math.min(area, now.length));
    if (c.kind === 'byte') {
      const copy = Buffer.from(now);
      if (at < copy.length) copy[at] = c.value;
      return copy;
    }
    if (c.kind === 'end') return now.subarray(0, at);
    const piece = now.subarray(at, at + c.length);
    return Buffer.concat([
      now.subarray(0, at),
      ...(c.kind === 'twice' ? [piece, piece] : []),
      now.subarray(at + c.length),
    ]);
  }, bytes);
}

/** Reads every tensor, or is refused in words that name the file. */
async function readOrRefused(path: string): Promise<WeightsFile | undefined> {
  try {
    const file = await openWeights(path);
    for (const entry of file.tensors.values()) {
      const { data, shape } = await readTensor(entry);
      expect(data.length).toBe(shape.reduce((product, n) => product * n, 1));
    }
    await usedAsExtra(file);
    return file;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'weights-broken') throw error;
    expect(error.details).toMatchObject({ file: basename(path), why: expect.stringMatching(/\S/) });
    return undefined;
  }
}

/** What is left of a file may be taken for a LoRA or a textual inversion: it is one, or is refused. */
async function usedAsExtra(file: WeightsFile): Promise<void> {
  for (const read of [loraFileOf, readEmbedding, readBundled]) {
    try {
      await read(file);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

async function fuzz(bytes: Buffer, area: number): Promise<{ readonly read: number; readonly refused: number }> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'fuzz.bin');
  const before = process.memoryUsage().rss;
  const count = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      await writeFile(path, changed(bytes, changes, area));
      count[(await readOrRefused(path)) ? 'read' : 'refused']++;
    }),
    { numRuns: RUNS, seed: 20_240 },
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY);
  return count;
}

const header = safetensorsBytes(
  {
    'model.diffusion_model.input_blocks.0.0.weight': float32([2, 2, 1, 1], [1, 2, 3, 4]),
    'first_stage_model.decoder.conv_in.bias': { dtype: 'F16', shape: [3], bytes: new Uint8Array(6) },
    'lora_unet_out_2.lora_up.weight': float32([2, 1], [1, 2]),
    'bundle_emb.hat.clip_l': float32([1, 2], [1, 2]),
    v_pred: { dtype: 'U8', shape: [0], bytes: new Uint8Array(0) },
  },
  { 'modelspec.title': 'fuzz' },
);

describe('whatever a damaged file says, it is read within its bounds or refused by name:', () => {
  test('the header of a .safetensors file', async () => {
    const { read, refused } = await fuzz(header, header.length);
    expect(Math.min(read, refused)).toBeGreaterThan(10);
  }, 120_000);

  test('a .safetensors header whose JSON is sound and whose numbers are not', async () => {
    await using folder = await temporaryFolder();
    const number = fc.oneof(fc.nat(64), fc.constantFrom(-1, 0.5, 1e308, 2 ** 53, 2 ** 32, 4_000_000_000, '8', null));
    const tensor = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'BF16', 'F8_E4M3', 'F64', 'I64', 'BOOL', 'U8', 'F4', 7),
      shape: fc.oneof({ weight: 9, arbitrary: fc.array(number, { maxLength: 5 }) }, { weight: 1, arbitrary: number }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    });
    const path = join(folder.path, 'fuzz.safetensors');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ maxLength: 12 }), tensor, { maxKeys: 4 }), async (tensors) => {
        await writeFile(path, withHeader(JSON.stringify(tensors), new Uint8Array(64)));
        await readOrRefused(path);
      }),
      { numRuns: RUNS, seed: 20_241 },
    );
  }, 120_000);

  test.each([
    'state_dict_zip.pth',
    'state_dict_legacy.pth',
    'state_dict_proto4.pth',
    'ckpt_style.ckpt',
    'embedding_a1111.pt',
    'realesrgan_style.pth',
  ])(
    'a pickle: %s',
    async (name) => {
      const bytes = await readFile(golden(join('pth', name)));
      const { refused } = await fuzz(bytes, bytes.length);
      expect(refused).toBeGreaterThan(100);
    },
    120_000,
  );
});

test.each(['refuse_eval_legacy.pt', 'refuse_no_pickle.pth', 'refuse_os_system.pth', 'refuse_truncated.pth'])(
  '%s is refused',
  async (name) => {
    await expect(openWeights(golden(join('pth', name)))).rejects.toMatchObject({ code: 'weights-broken' });
  },
);
