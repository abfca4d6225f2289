import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import {
  type BlobRef,
  defaultParams,
  type EditRequest,
  type MaskSource,
  type PartialParams,
  type Sketch,
  toBlobRef,
} from '../src/edit/index.ts';
import { openEngine } from '../src/engine/index.ts';
import { contactSheet, type Exhibit } from './contact-sheet.ts';

// What each control of the tab does, shown with the built-in model: a contact sheet per control in docs/guide/pictures.

const SIDE = 256;
const out = resolve('docs/guide/pictures');
const dir = await mkdtemp(join(tmpdir(), 'palimpsest-pictures-'));
await using engine = await openEngine({
  ...{ modelsDir: dir, cacheDir: dir, builtinModel: resolve('models/palimpsest-tiny.safetensors'), version: 'docs' },
  ...{ device: 'cpu', memoryBudgetMb: 6000, previews: 'off', threads: null },
});

const files = new Map<BlobRef, Uint8Array>();
function keep(bytes: Uint8Array): BlobRef {
  const ref = toBlobRef(`sha256-${createHash('sha256').update(bytes).digest('hex')}`);
  files.set(ref, bytes);
  return ref;
}

interface Asked {
  readonly params: PartialParams;
  readonly mask?: Uint8Array;
  readonly sketch?: Uint8Array;
  readonly size?: { readonly width: number; readonly height: number };
}

/** One edit with the built-in model, whatever would be refused in a chat for coming to nothing. */
async function edited(
  init: Uint8Array,
  { params, mask, sketch, size = { width: SIDE, height: SIDE } }: Asked,
): Promise<Uint8Array> {
  const source: MaskSource | null = mask ? { kind: 'image', blob: keep(mask), read: 'white' } : null;
  const strokes: Sketch | undefined = sketch && { kind: 'inpaint sketch', painted: keep(sketch) };
  const request: EditRequest = {
    ...{ version: 1, init: keep(init), mask: source, ...size },
    ...(strokes && { sketch: strokes }),
    params: { ...defaultParams, checkpoint: 'palimpsest-tiny', seed: 12, subseed: 12, cfgScale: 5, ...params },
  };
  const io = { fetch: async (ref: BlobRef) => files.get(ref)!, progress() {}, signal: { cancelled: false } };
  const { images } = await engine.run({ kind: 'edit', request }, io);
  return images[0]!.image;
}

const svg = (body: string, width = SIDE, height = SIDE) =>
  sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`))
    .png()
    .toBuffer();
const painted = async (picture: Uint8Array, body: string) =>
  sharp(picture)
    .removeAlpha()
    .composite([{ input: await svg(body) }])
    .png()
    .toBuffer();

const meadow = await svg(
  '<rect width="100%" height="100%" fill="#8ec8f0"/><rect y="168" width="100%" height="88" fill="#6cb54a"/>',
);
const scene = 'grass, blue sky';
const onMeadow = (thing: string, seed: number) =>
  edited(meadow, { params: { prompt: `${thing} on the left, ${scene}`, seed, steps: 14, denoisingStrength: 0.85 } });
const tree = await onMeadow('a tree', 3);
const house = await onMeadow('a house', 8);
const wide = await sharp(house).extract({ left: 0, top: 48, width: SIDE, height: 160 }).png().toBuffer();
const maskAt = (x: number, y: number, width: number, height: number) =>
  svg(
    `<rect width="100%" height="100%" fill="#000"/><rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#fff"/>`,
  );
const right = await maskAt(128, 88, 116, 132);
const cat = { prompt: `a cat face, ${scene}`, seed: 4, maskBlur: 8 } as const;

const exhibit = async (image: Promise<Uint8Array> | Uint8Array, ...caption: string[]): Promise<Exhibit> => ({
  image: await image,
  caption,
});

/** Every sheet by its file name; pictures are made when it is asked for. */
const sheets: Readonly<
  Record<string, { readonly columns: number; readonly side?: number; readonly make: () => Promise<readonly Exhibit[]> }>
> = {
  'resize-modes': {
    columns: 5,
    make: async () => [
      await exhibit(wide, 'Picture', '256 × 160'),
      ...(await Promise.all(
        (
          [
            ['just resize', 'stretched'],
            ['crop and resize', 'cut at the sides'],
            ['resize and fill', 'edges drawn out'],
            ['latent upscale', 'stretched as latents'],
          ] as const
        ).map(([resizeMode, what]) =>
          exhibit(
            edited(wide, { params: { prompt: `a house, ${scene}`, resizeMode, denoisingStrength: 0.1 } }),
            resizeMode,
            what,
          ),
        ),
      )),
    ],
  },
  'masked-content': {
    columns: 5,
    side: 192,
    make: async () => {
      const row = (denoisingStrength: number) =>
        (['fill', 'original', 'latent noise', 'latent nothing'] as const).map((maskedContent) =>
          exhibit(
            edited(tree, { params: { ...cat, maskedContent, denoisingStrength }, mask: right }),
            maskedContent,
            `strength ${denoisingStrength}`,
          ),
        );
      return await Promise.all([exhibit(tree, 'Picture'), ...row(0), exhibit(right, 'Mask'), ...row(0.85)]);
    },
  },
  'soft-inpainting': {
    columns: 4,
    make: async () => {
      const blurred = { ...cat, maskBlur: 24, denoisingStrength: 0.9, maskedContent: 'latent noise' } as const;
      return await Promise.all([
        exhibit(tree, 'Picture'),
        exhibit(right, 'Mask', 'blur 24'),
        exhibit(edited(tree, { params: blurred, mask: right }), 'Soft inpainting off'),
        exhibit(edited(tree, { params: { ...blurred, softInpainting: true }, mask: right }), 'Soft inpainting on'),
      ]);
    },
  },
  'mask-transparency': {
    columns: 4,
    make: async () => {
      const strokes = await painted(tree, '<circle cx="184" cy="76" r="40" fill="#e02020"/>');
      const sketch = {
        prompt: `a red balloon, ${scene}`,
        denoisingStrength: 0.6,
        seed: 7,
        softInpainting: true,
      } as const;
      const at = (maskAlpha: number) => edited(tree, { params: { ...sketch, maskAlpha }, sketch: strokes });
      return await Promise.all([
        exhibit(tree, 'Picture'),
        exhibit(strokes, 'Inpaint sketch'),
        exhibit(at(0), 'Mask transparency 0'),
        exhibit(at(50), 'Mask transparency 50'),
      ]);
    },
  },
  outpainting: {
    columns: 4,
    make: async () => {
      const small = await sharp(house).resize(192, 192).png().toBuffer();
      const grown = { prompt: scene, denoisingStrength: 0.8, seed: 3 } as const;
      const sized = (params: PartialParams, size = { width: 192, height: 192 }) =>
        edited(small, { params: { ...grown, ...params }, size });
      return await Promise.all([
        exhibit(small, 'Picture', '192 × 192'),
        exhibit(
          sized({ script: 'outpainting mk2', pixels: 64, direction: 'left right' }),
          'Outpainting mk2',
          'left and right, 64 px',
        ),
        exhibit(
          sized({ script: "poor man's outpainting", pixels: 64, direction: 'left right' }),
          'Poor man’s outpainting',
          'left and right, 64 px',
        ),
        exhibit(
          sized(
            { script: 'mosaic outpaint', mosaicDirection: 'left right', mosaicExpandX: 0.35 },
            { width: 320, height: 192 },
          ),
          'Mosaic outpaint',
          'left and right, 35 %',
        ),
      ]);
    },
  },
  upscaling: {
    columns: 4,
    make: async () => {
      const small = await sharp(house).resize(128, 128).png().toBuffer();
      const detail = { prompt: `a house, ${scene}`, seed: 5 } as const;
      const latent = { ...detail, resizeMode: 'latent upscale', denoisingStrength: 0.6 } as const;
      const tiles = {
        ...detail,
        script: 'SD upscale',
        sdUpscaler: 'Lanczos',
        denoisingStrength: 0.2,
        overlap: 64,
      } as const;
      const whole = { width: SIDE, height: SIDE };
      /** The house alone, as large as the whole picture elsewhere. */
      const closeUp = async (picture: Promise<Uint8Array> | Uint8Array) => {
        const image = sharp(await picture);
        const unit = (await image.metadata()).width / 32;
        const part = { left: 10 * unit, top: 7 * unit, width: 16 * unit, height: 16 * unit };
        return await image.extract(part).resize(SIDE, SIDE).png().toBuffer();
      };
      return await Promise.all([
        exhibit(closeUp(small), 'Picture', 'a part of 128 × 128'),
        exhibit(
          closeUp(edited(small, { params: { ...detail, denoisingStrength: 0.3 } })),
          'Just resize',
          'strength 0.3, 256 × 256',
        ),
        exhibit(closeUp(edited(small, { params: latent })), 'Latent upscale', 'strength 0.6, 256 × 256'),
        exhibit(
          closeUp(edited(house, { params: tiles, size: whole })),
          'SD upscale of 256 × 256',
          'strength 0.2, 512 × 512',
        ),
      ]);
    },
  },
};

await mkdir(out, { recursive: true });
for (const [name, { columns, side, make }] of Object.entries(sheets)) {
  const sheet = await contactSheet(await make(), { columns, ...(side !== undefined && { side }) });
  const file = await sharp(sheet).webp({ quality: 86 }).toBuffer();
  await writeFile(join(out, `${name}.webp`), file);
  console.log(`${name}.webp  ${Math.round(file.length / 1000)} kB`);
}
await rm(dir, { recursive: true, force: true });
