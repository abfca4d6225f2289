import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { chromium } from '../../support/services.ts';

/** The folder of Chromium's driver that draws in software. @throws Error that says what to install */
async function swiftShader(): Promise<string> {
  const folders = ['/usr/lib/chromium', dirname(await chromium())];
  for (const folder of folders) {
    const isThere = await access(join(folder, 'vk_swiftshader_icd.json')).then(
      () => true,
      () => false,
    );
    if (isThere) return folder;
  }
  throw new Error(
    `no vk_swiftshader_icd.json in ${folders.join(' or ')}: install Debian's chromium, or name one in CHROMIUM`,
  );
}

interface Found {
  readonly differences: Readonly<Record<string, number>>;
  readonly onCpu: readonly string[];
  readonly precision: string;
}

test('small networks compute on WebGPU what they do on the CPU, and none but sizes are left to it', async () => {
  const folder = await swiftShader();
  const driver = { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json') };
  const script = resolve('test/support/webgpu-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...driver, XDG_RUNTIME_DIR: '/tmp' },
  });
  const { differences, onCpu, precision } = JSON.parse(stdout) as Found;
  expect(Object.keys(differences)).toEqual(['attention', 'causal', 'pieces', 'unet', 'text']);
  for (const [what, difference] of Object.entries(differences)) expect(difference, what).toBeLessThan(1e-3);
  expect(onCpu).toEqual([]);
  expect(precision).toBe('float32'); // this driver has no float16, and that is found out
}, 300_000);
