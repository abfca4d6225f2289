import { mkdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openExtraNetworks } from '../../../src/engine/library/extra-networks.ts';
import { openFactsMemory } from '../../../src/engine/library/facts-memory.ts';
import { modelFiles } from '../../../src/engine/library/model-files.ts';
import { float32, safetensorsBytes, temporaryFolder } from '../weights/safetensors-file.ts';

const tensors = { weight: float32([1], [1]) };
const lora = (outputName?: string) => safetensorsBytes(tensors, outputName ? { ss_output_name: outputName } : {});

const networksIn = async (models: string) => openExtraNetworks(models, await openFactsMemory());

async function modelsFolder(files: Readonly<Record<string, Uint8Array>>) {
  const folder = await temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(folder.path, path, '..'), { recursive: true });
    await folder.write(path, bytes);
  }
  return { ...folder, models: join(folder.path, 'models') };
}

test('a LoRA is found by its file name and by the name its trainer gave it', async () => {
  await using at = await modelsFolder({
    'models/Lora/style v2.safetensors': lora('styleV2'),
    'models/Lora/people/hat.safetensors': lora(),
    'models/LyCORIS/glow.pt': Buffer.from('not read before it is used'),
  });
  const { loras } = await (await networksIn(at.models))();
  expect(loras.find('style v2')?.relative).toBe('style v2.safetensors');
  expect(loras.find('styleV2')?.name).toBe('style v2');
  expect(loras.find('hat')?.relative).toBe('people/hat.safetensors');
  expect(loras.find('glow')?.name).toBe('glow');
  expect(loras.find('STYLEV2')).toBeUndefined();
  expect([...loras.names].sort()).toEqual(['glow', 'hat', 'style v2', 'styleV2']);
});

test('an alias of two files finds neither, their file names still do', async () => {
  await using at = await modelsFolder({
    'models/Lora/a.safetensors': lora('last'),
    'models/Lora/b.safetensors': lora('last'),
    'models/Lora/c.safetensors': lora('none'),
  });
  const { loras } = await (await networksIn(at.models))();
  expect(loras.find('last')).toBeUndefined();
  expect(loras.isAmbiguous('last')).toBe(true);
  expect(loras.find('none')).toBeUndefined();
  expect(['a', 'b', 'c'].map((name) => loras.find(name)?.name)).toEqual(['a', 'b', 'c']);
});

test('of two LoRAs of one name in different folders the last counts', async () => {
  await using at = await modelsFolder({
    'models/Lora/a/same.safetensors': lora(),
    'models/Lora/b/same.safetensors': lora(),
  });
  const { loras } = await (await networksIn(at.models))();
  expect(loras.find('same')?.relative).toBe('b/same.safetensors');
});

test('a file that arrives later, or is replaced, is seen at the next look', async () => {
  await using at = await modelsFolder({ 'models/Lora/a.safetensors': lora('first') });
  const look = await networksIn(at.models);
  expect((await look()).loras.find('first')?.name).toBe('a');
  await at.write('models/Lora/a.safetensors', lora('second name'));
  await at.write('models/Lora/b.safetensors', lora());
  const { loras } = await look();
  expect(loras.find('second name')?.name).toBe('a');
  expect(loras.find('first')).toBeUndefined();
  expect(loras.find('b')?.name).toBe('b');
  // One of the same size, put there with the time of the one it replaces.
  await utimes(join(at.models, 'Lora/a.safetensors'), 1, 1);
  await look();
  await at.write('models/Lora/a.safetensors', lora('third  name'));
  await utimes(join(at.models, 'Lora/a.safetensors'), 1, 1);
  expect((await look()).loras.find('third  name')?.name).toBe('a');
});

test("textual inversions are found in the models folder and beside it, where the web UI keeps its own; 'None' is no hypernetwork", async () => {
  await using at = await modelsFolder({
    'models/embeddings/negative.pt': Buffer.from('x'),
    'embeddings/EasyNegative.safetensors': lora(),
    'embeddings/readme.txt': Buffer.from('x'),
    'models/hypernetworks/anime.pt': Buffer.from('x'),
    'models/hypernetworks/None.pt': Buffer.from('x'),
  });
  const { embeddings, hypernetworks } = await (await networksIn(at.models))();
  expect([...embeddings.keys()].sort()).toEqual(['EasyNegative', 'negative']);
  expect([...hypernetworks.keys()]).toEqual(['anime']);
});

test('links are followed, to other disks too, but never in circles', async () => {
  await using at = await modelsFolder({
    'models/VAE/real.pt': Buffer.from('x'),
    'elsewhere/other.safetensors': lora(),
    'models/Lora/plain.safetensors': lora(),
  });
  const lora1 = join(at.models, 'Lora');
  await symlink(join(at.path, 'elsewhere'), join(lora1, 'folder'));
  await symlink(join(at.path, 'elsewhere/other.safetensors'), join(lora1, 'outside.safetensors'));
  await symlink(lora1, join(lora1, 'circle'));
  await symlink('plain.safetensors', join(lora1, 'inside.safetensors'));
  const files = await modelFiles(at.models, 'lora');
  expect(files.map(({ name, fault }) => [name, fault])).toEqual([
    ['inside', null],
    ['outside', null],
    ['plain', null],
    ['other', null],
  ]);
});

test('a folder that is itself a link to another disk is used', async () => {
  await using at = await modelsFolder({ 'disk/a10.safetensors': lora(), 'disk/a9.safetensors': lora() });
  await mkdir(at.models);
  await symlink(join(at.path, 'disk'), join(at.models, 'Lora'));
  const files = await modelFiles(at.models, 'lora');
  expect(files.map(({ name }) => name)).toEqual(['a9', 'a10']);
});

test('hidden folders and files are passed over', async () => {
  await using at = await modelsFolder({
    'models/Lora/.trash/gone.safetensors': lora(),
    'models/Lora/.hidden.safetensors': lora(),
  });
  expect(await modelFiles(at.models, 'lora')).toEqual([]);
});
