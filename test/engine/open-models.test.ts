import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { builtinModel, flatPng, openTinyEngine, pixelsOf } from '../support/tiny-engine.ts';

const hasCuda = listSupportedBackends().some(({ name, bundled }) => name === 'cuda' && bundled);

test('two models take turns where there is room for one, and an engine tells of them and of a device that is not there', async () => {
  const told: string[] = [];
  const warned: string[] = [];
  const log = {
    info: (bindings: object, message: string) => void told.push(`${message}: ${JSON.stringify(bindings)}`),
    warn: (_: object, message: string) => void warned.push(message),
  };
  await using tiny = await openTinyEngine({ device: 'cuda', memoryBudgetMb: 1 }, log);
  await mkdir(join(tiny.dir, 'Stable-diffusion'));
  await copyFile(builtinModel, join(tiny.dir, 'Stable-diffusion', 'other.safetensors'));
  const init = await flatPng({}, { left: 20, top: 20, width: 60, height: 40, color: '#ff8800' });
  const paint = async (checkpoint: string) =>
    (await pixelsOf((await tiny.run({ init, params: { checkpoint, steps: 2 } })).images[0]!.image)).data;
  const first = await paint('palimpsest-tiny');
  expect((await paint('other')).equals(first)).toBe(true);
  expect((await paint('palimpsest-tiny')).equals(first)).toBe(true);
  const [a, b] = ['palimpsest-tiny', 'other'].map((name) => `"model":"${name}.safetensors"`);
  expect(told).toEqual([
    expect.stringMatching(`a model was opened: \\{${a},"megabytes":\\d+\\}`),
    expect.stringMatching(`a model was opened: \\{${b},`),
    `a model was closed: {${a}}`,
    expect.stringMatching(`a model was opened: \\{${a},`),
    `a model was closed: {${b}}`,
  ]);
  expect(warned).toEqual(hasCuda ? [] : [expect.stringContaining('DEVICE=cuda cannot be used')]);
});
