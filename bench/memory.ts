import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PartialParams } from '../src/edit/index.ts';
import { squareFiles } from './costless.ts';
import type { Measured } from './report.ts';

const run = promisify(execFile);
const [SMALL, LARGE] = [64, 2048];
/** Bytes of an RGBA picture of the large side. */
const RGBA = 4 * LARGE ** 2;

/** Kinds of work, all at the picture's own size: nothing is scaled down. */
const kinds: Readonly<Record<string, { readonly maskShare: number; readonly params: PartialParams }>> = {
  img2img: { maskShare: 0, params: {} },
  'inpaint, fill': { maskShare: 0.5, params: { maskedContent: 'fill' } },
  'inpaint, only masked': { maskShare: 0.5, params: { inpaintArea: 'only masked' } },
  'inpaint, soft': { maskShare: 0.5, params: { softInpainting: true } },
};

/** Peak of a process that does one edit of a square picture, bytes. */
async function peak(dir: string, side: number, { maskShare, params }: (typeof kinds)[string]): Promise<number> {
  const files = await squareFiles(side, maskShare);
  const [photo, mask] = [join(dir, 'photo.png'), files.mask ? join(dir, 'mask.png') : ''];
  await writeFile(photo, files.photo);
  if (files.mask) await writeFile(mask, files.mask);
  const child = join(import.meta.dirname, 'memory-child.ts');
  const words = ['--import', 'tsx', child, photo, mask, String(side), JSON.stringify(params)];
  const { stdout } = await run(process.execPath, words);
  return Number(stdout);
}

/** How much more memory a large picture takes than a tiny one, in pictures: what is held outside the networks at one time. */
export async function memory(): Promise<readonly Measured[]> {
  const dir = await mkdtemp(join(tmpdir(), 'palimpsest-memory-'));
  try {
    const measured: Measured[] = [];
    for (const [what, kind] of Object.entries(kinds)) {
      const value = ((await peak(dir, LARGE, kind)) - (await peak(dir, SMALL, kind))) / RGBA;
      measured.push({ what: `memory of ${what}, ${LARGE}²`, value, unit: '× its RGBA', limit: 12 });
    }
    return measured;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
