import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import {
  type BlobRef,
  defaultParams,
  type EditRequest,
  type MaskSource,
  type PartialParams,
  type Progress,
  toBlobRef,
} from '../../src/edit/index.ts';
import { type Engine, type EngineOptions, openEngine } from '../../src/engine/index.ts';

export const builtinModel = resolve('models/palimpsest-tiny.safetensors');

/** The real engine over the built-in model, in a folder of its own, and pictures to give it. */
export interface TinyEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly dir: string;
  /** Makes bytes a picture requests can name. */
  keep(bytes: Uint8Array): BlobRef;
  /** Runs an edit of 128 × 128 px and few steps, unless told otherwise. */
  run(given: Given): Promise<Awaited<ReturnType<Engine['run']>> & { readonly progress: readonly Progress[] }>;
}

interface Given extends Partial<Pick<EditRequest, 'width' | 'height'>> {
  readonly init: Uint8Array;
  readonly mask?: Uint8Array;
  readonly read?: Extract<MaskSource, { kind: 'image' }>['read'];
  readonly params?: PartialParams;
  /** Fires the cancel flag once this many progress reports came. */
  readonly cancelAfter?: number;
}

export async function openTinyEngine(
  options: Partial<EngineOptions> = {},
  log?: Parameters<typeof openEngine>[1],
): Promise<TinyEngine> {
  const dir = await mkdtemp(join(tmpdir(), 'palimpsest-engine-'));
  const own: EngineOptions = {
    ...{ modelsDir: dir, builtinModel, cacheDir: dir, version: 'test', device: 'cpu', memoryBudgetMb: 1000 },
    ...{ previews: 'off', threads: 1 },
  };
  const engine = await openEngine({ ...own, ...options }, log);
  const files = new Map<BlobRef, Uint8Array>();
  const keep = (bytes: Uint8Array) => {
    const ref = toBlobRef(`sha256-${createHash('sha256').update(bytes).digest('hex')}`);
    files.set(ref, bytes);
    return ref;
  };
  return {
    engine,
    dir,
    keep,
    async run({ init, mask, read = 'auto', params = {}, width = 128, height = 128, cancelAfter }) {
      const progress: Progress[] = [];
      const signal = {
        get cancelled() {
          return cancelAfter !== undefined && progress.length >= cancelAfter;
        },
      };
      const request: EditRequest = {
        ...{ version: 1, init: keep(init), width, height },
        mask: mask ? { kind: 'image', blob: keep(mask), read } : null,
        params: {
          ...defaultParams,
          checkpoint: 'palimpsest-tiny',
          steps: 4,
          seed: 5,
          subseed: 6,
          prompt: 'a cat',
          ...params,
        },
      };
      const io = {
        fetch: async (ref: BlobRef) => files.get(ref)!,
        progress: (p: Progress) => void progress.push(p),
        signal,
      };
      return { ...(await engine.run({ kind: 'edit', request }, io)), progress };
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A PNG of one colour, with a rectangle of another if asked. */
export async function flatPng(
  { width = 128, height = 128, color = '#88aacc' },
  spot?: { left: number; top: number; width: number; height: number; color: string },
): Promise<Uint8Array> {
  const ground = sharp({ create: { width, height, channels: 3, background: color } });
  if (!spot) return await ground.png().toBuffer();
  const { left, top, color: background, ...size } = spot;
  const input = await sharp({ create: { ...size, channels: 3, background } })
    .png()
    .toBuffer();
  return await ground.composite([{ input, left, top }]).png().toBuffer();
}

/** RGB pixels of a picture file. */
export async function pixelsOf(file: Uint8Array): Promise<{ data: Buffer; width: number; height: number }> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
