import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/engine/weights/safetensors.ts';
import { readTensor } from '../../../src/engine/weights/weights-file.ts';
import { Refusal } from '../../../src/errors.ts';
import { float32, safetensorsBytes, temporaryFolder, withHeader } from './safetensors-file.ts';

const good = safetensorsBytes({ 'a.weight': float32([2, 2], [1, 2, 3, 4]), b: float32([], [5]) }, { title: 'x', n: 3 });

async function refusalOf(bytes: Uint8Array): Promise<string> {
  await using folder = await temporaryFolder();
  const error: unknown = await readSafetensors(await folder.write('x.safetensors', bytes)).catch((e) => e);
  if (!(error instanceof Refusal) || error.code !== 'weights-broken') throw new Error(`not refused: ${String(error)}`);
  return JSON.stringify(error.details);
}

function header(entry: unknown): Buffer {
  return withHeader(JSON.stringify({ w: entry }), new Uint8Array(16));
}

test('tensors are listed with their places, and read as float32', async () => {
  await using folder = await temporaryFolder();
  const file = await readSafetensors(await folder.write('x.safetensors', good));
  expect([...file.tensors.keys()]).toEqual(['a.weight', 'b']);
  expect((await readTensor(file.tensors.get('a.weight')!)).data).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(await readTensor(file.tensors.get('b')!)).toEqual({ data: Float32Array.of(5), shape: [] });
  expect(file.metadata).toEqual(new Map([['title', 'x']])); // numbers are no metadata
});

test('a file that has become shorter since it was listed is refused when read', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('x.safetensors', good);
  const { tensors } = await readSafetensors(path);
  await folder.write('x.safetensors', good.subarray(0, good.length - 10));
  await expect(readTensor(tensors.get('a.weight')!)).rejects.toThrow('weights-broken');
});

describe('a header that cannot be is refused, saying what was expected:', () => {
  test.each([
    ['nothing at all', Buffer.alloc(0), 'at least 8'],
    ['an empty header', withHeader(''), 'not JSON'],
    ['NUL bytes', withHeader(Buffer.alloc(64)), 'not JSON'],
    ['bytes that are no UTF-8', withHeader(Buffer.from([0x7b, 0xff, 0x7d])), 'not JSON'],
    ['an array', withHeader('[]'), 'not a JSON object'],
    ['a length of 2^64 − 1', Buffer.alloc(16, 0xff), 'at most 100000000'],
    ['a length past the end', Buffer.concat([good.subarray(0, 8), Buffer.from('{}')]), 'only 2 follow'],
    ['an entry that is a string', header('x'), 'not an object'],
    ['an unknown dtype', header({ dtype: 'F4', shape: [4], data_offsets: [0, 16] }), 'expected one of F64'],
    [
      'a dtype of the prototype',
      header({ dtype: 'constructor', shape: [4], data_offsets: [0, 16] }),
      'expected one of',
    ],
    ['a negative size', header({ dtype: 'F32', shape: [-4], data_offsets: [0, 16] }), 'whole numbers'],
    ['a broken size', header({ dtype: 'F32', shape: [4.5], data_offsets: [0, 16] }), 'whole numbers'],
    ['no shape', header({ dtype: 'F32', data_offsets: [0, 16] }), 'missing'],
    ['one offset', header({ dtype: 'F32', shape: [4], data_offsets: [0] }), 'expected [begin, end]'],
    ['offsets past the end', header({ dtype: 'F32', shape: [5], data_offsets: [0, 20] }), 'of 16 bytes'],
    ['offsets backwards', header({ dtype: 'F32', shape: [0], data_offsets: [8, 4] }), 'of 16 bytes'],
    ['too few bytes', header({ dtype: 'F32', shape: [4], data_offsets: [0, 12] }), 'expected 16 for F32 [4]'],
    ['an endless name', withHeader(JSON.stringify({ ['a.'.repeat(501)]: {} })), 'a name of 1002 characters'],
    ['more values than memory', withHeader(`{"a":[${'[],'.repeat(1_000_000)}"]"]}`), 'more than 1000000 values'],
    ['an absurd shape', header({ dtype: 'F32', shape: [2 ** 52, 2 ** 52], data_offsets: [0, 16] }), 'expected'],
  ])('%s', async (_, bytes, words) => {
    expect(await refusalOf(bytes)).toContain(words);
  });

  test('two tensors in one place', async () => {
    const at = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
    const overlapping = JSON.stringify({ a: at, b: { ...at, data_offsets: [4, 12] } });
    expect(await refusalOf(withHeader(overlapping, new Uint8Array(16)))).toContain('a and b overlap');
    expect(await refusalOf(withHeader(JSON.stringify({ a: at, b: at }), new Uint8Array(16)))).toContain('overlap');
  });

  test('the folder of the file is not told', async () => {
    expect(await refusalOf(Buffer.alloc(3))).toContain('"file":"x.safetensors"');
  });
});

test('whatever becomes of a header, the file is listed inside its bounds or refused', async () => {
  await using folder = await temporaryFolder();
  const edit = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
  const damage = fc.record({ edits: fc.array(edit, { minLength: 1, maxLength: 4 }), cut: fc.nat(good.length) });
  const run = fc.asyncProperty(damage, async ({ edits, cut }) => {
    const bytes = Buffer.from(good.subarray(0, good.length - (cut % 3 === 0 ? cut : 0)));
    for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte;
    const path = await folder.write('fuzz.safetensors', bytes);
    const file = await readSafetensors(path).catch((error: unknown) => error);
    if (file instanceof Refusal) return file.code === 'weights-broken';
    if (file instanceof Error) throw file;
    const { tensors } = file as Awaited<ReturnType<typeof readSafetensors>>;
    return [...tensors.values()].every(({ offset, length }) => offset >= 8 && offset + length <= bytes.length);
  });
  await fc.assert(run, { numRuns: 400 });
});
