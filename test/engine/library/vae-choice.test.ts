import { expect, test } from 'vitest';
import type { ModelFile } from '../../../src/engine/library/model-files.ts';
import { chooseVae } from '../../../src/engine/library/vae-choice.ts';

const vae = (file: string, fault: string | null = null): ModelFile => {
  const name = file.replace(/\.[^.]+$/, '');
  return { kind: 'vae', name, path: `/models/VAE/${file}`, relative: file, bytes: 1, version: '1', fault };
};
const vaes = [vae('broken.pt', 'a link to nowhere'), vae('soft.safetensors'), vae('cat-v2.vae.pt')];
const cat = { path: '/models/Stable-diffusion/cat-v2.safetensors' };
const dog = { path: '/models/Stable-diffusion/dog.safetensors' };

test('what is asked for goes before everything, by name with or without its ending', () => {
  for (const wanted of ['soft', 'SOFT.safetensors']) expect(chooseVae(wanted, vaes, cat)?.name).toBe('soft');
  expect(chooseVae('None', vaes, cat)).toBeUndefined();
  expect(() => chooseVae('sofd', vaes, cat)).toThrow(/unknown-name.*soft/);
  expect(() => chooseVae('broken', vaes, cat)).toThrow('unknown-name');
});

test("'Automatic' takes the file whose name begins like the checkpoint's, else the checkpoint's own", () => {
  for (const wanted of ['Automatic', 'automatic', '']) expect(chooseVae(wanted, vaes, cat)?.name).toBe('cat-v2.vae');
  expect(chooseVae('Automatic', vaes, dog)).toBeUndefined();
});

test("the owner's notes go before a file of the same name, and may say none at all", () => {
  expect(chooseVae('Automatic', vaes, { ...cat, noted: 'soft.safetensors' })?.name).toBe('soft');
  expect(chooseVae('Automatic', vaes, { ...cat, noted: 'None' })).toBeUndefined();
  expect(chooseVae('Automatic', vaes, { ...cat, noted: 'gone.pt' })?.name).toBe('cat-v2.vae');
});
