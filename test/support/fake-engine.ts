import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import type { Catalog } from '../../src/edit/catalog.ts';
import type { EditedImage, EditRequest, Task } from '../../src/edit/request.ts';
import { withPngText } from '../../src/engine/image/png-text.ts';
import type { CancelSignal, Engine, EngineIo } from '../../src/engine/index.ts';
import { Refusal } from '../../src/errors.ts';
import type { EngineHost } from '../../src/jobs/engine-host.ts';

export const fakeCatalog: Catalog = {
  checkpoints: [{ name: 'fake', hash: '0123456789', family: 'sd1', nativeSize: 64 }],
};

/** Progress events of one run. */
export const fakeSteps = 5;

/**
 * What a prompt can make the fake engine do, wherever it runs: throw a refusal or a bug, wait for its cancelling, take no notice of it
 * (busy or idle), run out of memory for good, or take its thread or process with it; and, to do all there is to do, but for some of a
 * LoRA, or with one more pass of the latch while it decodes.
 */
const tricks = ['!oom', '!bug', '!hang', '!deaf', '!spin', '!exit', '!kill', '!misfit', '!decode'] as const;

const misfit = { kind: 'lora-misfits', name: 'hat', layers: 3 } as const;

/** Holds a run before each of its steps. Open unless `close` was called. */
export class Latch {
  #open = true;
  #permits = 0;
  /** Steps that have passed, of all runs. */
  passed = 0;

  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
  }

  /** Lets so many more steps happen. */
  release(steps = 1): void {
    this.#permits += steps;
  }

  async pass(signal: CancelSignal): Promise<void> {
    while (!this.#open && this.#permits === 0) {
      stopIf(signal);
      await delay(2);
    }
    if (!this.#open) this.#permits -= 1;
    this.passed += 1;
  }
}

function stopIf(signal: CancelSignal): void {
  if (signal.cancelled) throw new Refusal('cancelled', {});
}

/**
 * The engine's contract without a model: a solid colour that prompt and seed decide, mixed with the source by denoising strength where
 * the mask is white. Same request, same bytes.
 */
export function openFakeEngine(latch: Latch = new Latch(), catalog: Catalog = fakeCatalog): Engine {
  return {
    catalog: async () => catalog,
    async run({ request }: Task, io: EngineIo) {
      const { prompt, denoisingStrength, seed, batchSize, batchCount } = request.params;
      await obey(prompt, io.signal);
      for (let step = 1; step <= fakeSteps; step += 1) {
        await latch.pass(io.signal);
        stopIf(io.signal);
        io.progress({ phase: 'sampling', fraction: step / fakeSteps, step, steps: fakeSteps });
      }
      if (prompt.startsWith('!decode')) {
        io.progress({ phase: 'decoding', fraction: 1, step: 0, steps: 1 });
        await latch.pass(io.signal);
      }
      const source = await sourceOf(request, io);
      const images: EditedImage<Uint8Array>[] = [];
      for (let pick = 0; pick < batchSize * batchCount; pick += 1) {
        const pixels = paint(source, colourOf(prompt, seed + pick), denoisingStrength);
        images.push(await finish(pixels, request, seed + pick));
      }
      const seconds = { load: 0, encode: 0.01, sample: 0.05, decode: 0.01 };
      return { images, seconds, stepsRun: fakeSteps, ...(prompt.startsWith('!misfit') && { remarks: [misfit] }) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The fake engine in this thread, where a worker expects one in a thread of its own. */
export function fakeEngineHost(latch: Latch = new Latch(), catalog: Catalog = fakeCatalog): EngineHost {
  const engine = openFakeEngine(latch, catalog);
  return {
    catalog: () => engine.catalog(),
    run: (task, { signal, ...io }) =>
      engine.run(task, {
        ...io,
        signal: {
          get cancelled() {
            return signal.aborted;
          },
        },
      }),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function obey(prompt: string, signal: CancelSignal): Promise<void> {
  const trick = tricks.find((name) => prompt.startsWith(name));
  switch (trick) {
    case undefined:
    case '!misfit':
    case '!decode':
      return;
    case '!oom':
      throw new Refusal('out-of-memory', { setting: 'size' });
    case '!bug':
      throw new Error('a bug in the fake engine');
    case '!hang':
      for (; ; await delay(5)) stopIf(signal);
    case '!deaf':
      return await new Promise<never>(() => setInterval(() => {}, 1000));
    case '!spin':
      return spin(500);
    case '!exit':
      process.exit(1); // in a thread: ends the thread
      break;
    case '!kill':
      process.kill(process.pid, 'SIGKILL');
      break;
    default:
      trick satisfies never;
  }
}

/** Computes without looking up, as a native call does. */
function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

function colourOf(prompt: string, seed: number): readonly [number, number, number] {
  const [red = 0, green = 0, blue = 0] = createHash('sha256').update(`${prompt}\n${seed}`).digest();
  return [red, green, blue];
}

interface Source {
  readonly pixels: Uint8Array;
  /** 255: repaint. */
  readonly mask: Uint8Array;
}

async function sourceOf(request: EditRequest, io: EngineIo): Promise<Source> {
  const { mask, params } = request;
  const { width, height } = request.script ?? request;
  const init = await io.fetch(request.init);
  const fitted = (bytes: Uint8Array) => sharp(bytes).resize(width, height, { fit: 'fill' });
  const pixels = await fitted(init).removeAlpha().toColourspace('srgb').raw().toBuffer();
  if (!mask) return { pixels, mask: new Uint8Array(width * height).fill(255) };
  const picture = mask.kind === 'alpha' ? init : await io.fetch(mask.blob);
  const asAlpha =
    mask.kind === 'alpha' || mask.read === 'alpha' || (mask.read === 'auto' && !(await isOpaque(picture)));
  const channel = asAlpha ? fitted(picture).ensureAlpha().extractChannel(3) : fitted(picture).removeAlpha().greyscale();
  const black = mask.kind === 'alpha' || mask.read === 'black';
  const inverted = black !== (params.maskMode === 'inpaint not masked');
  const repaint = (await channel.raw().toBuffer()).map((value) => (value > 128 === inverted ? 0 : 255));
  if (!repaint.includes(255)) throw new Refusal('mask-empty', {});
  return { pixels, mask: repaint };
}

async function isOpaque(picture: Uint8Array): Promise<boolean> {
  return (await sharp(picture).stats()).isOpaque;
}

function paint({ pixels, mask }: Source, colour: readonly number[], strength: number): Uint8Array {
  return pixels.map((value, i) => {
    const repaint = mask[Math.floor(i / 3)] === 255;
    return repaint ? Math.round(value * (1 - strength) + (colour[i % 3] ?? 0) * strength) : value;
  });
}

async function finish(pixels: Uint8Array, request: EditRequest, seed: number): Promise<EditedImage<Uint8Array>> {
  const { params } = request;
  const { width, height } = request.script ?? request;
  const negative = params.negativePrompt ? `\nNegative prompt: ${params.negativePrompt}` : '';
  const settings = [
    `Steps: ${params.steps}`,
    `Sampler: ${params.sampler}`,
    `CFG scale: ${params.cfgScale}`,
    `Seed: ${seed}`,
    `Size: ${width}x${height}`,
    `Model: ${params.checkpoint}`,
    `Denoising strength: ${params.denoisingStrength}`,
  ];
  const infotext = `${params.prompt}${negative}\n${settings.join(', ')}`;
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { image: new Uint8Array(withPngText(png, 'parameters', infotext)), width, height, seed, infotext };
}
