import { type Tensor, tensor } from '../tensor/tensor.ts';

/** One tile at a time: [B, C, h, w] → [B, C′, s·h, s·w]. */
export type TileWork = (tile: Tensor) => Promise<Tensor>;

/** How a picture is cut: input pixels or latent cells. */
export interface Tiling {
  readonly height: number;
  readonly width: number;
  readonly overlap: number;
}

const decodeTiles = { tile: 64, overlap: 16 };
const encodeTiles = { tile: 512, overlap: 64 };

/**
 * Latents not scaled [B, 4, h, w] → pixels [B, 3, 8h, 8w]: the mean over tiles of three shapes, so that no seam is in all of them. Group
 * norms see a tile at a time, which may shift colours a little between what is far apart.
 * Source: ComfyUI `VAE.decode_tiled_`
 */
export function decodeTiled(z: Tensor, decode: TileWork, { tile, overlap } = decodeTiles): Promise<Tensor> {
  return threeShapes(z, decode, { tile, overlap, times: 8 });
}

/** Pixels [B, 3, H, W] → mean latents [B, 4, H/8, W/8], likewise. Source: ComfyUI `VAE.encode_tiled_` */
export function encodeTiled(pixels: Tensor, encode: TileWork, { tile, overlap } = encodeTiles): Promise<Tensor> {
  return threeShapes(pixels, encode, { tile, overlap, times: 1 / 8 });
}

async function threeShapes(
  x: Tensor,
  work: TileWork,
  { tile, overlap, times }: { readonly tile: number; readonly overlap: number; readonly times: number },
): Promise<Tensor> {
  const shapes = [
    { height: tile / 2, width: tile * 2, overlap },
    { height: tile * 2, width: tile / 2, overlap },
    { height: tile, width: tile, overlap },
  ];
  let sum: Float32Array | undefined;
  let shape: readonly number[] = [];
  for (const tiling of shapes) {
    const pass = await tiled(x, work, tiling, times);
    shape = pass.shape;
    sum = sum ? sum.map((v, i) => v + pass.data[i]!) : pass.data.slice();
  }
  return tensor(
    sum!.map((v) => v / shapes.length),
    shape,
  );
}

/**
 * Tiles that overlap, laid over one another with edges that fade in; the last of a row is shorter, not moved.
 * @param times  output pixels for each of the input
 * Source: ComfyUI `utils.tiled_scale`
 */
export async function tiled(x: Tensor, work: TileWork, tiling: Tiling, times: number): Promise<Tensor> {
  const [, , height = 0, width = 0] = x.shape;
  if (height <= tiling.height && width <= tiling.width) return await work(x);
  const feather = Math.round(tiling.overlap * times);
  const size = { height: Math.round(height * times), width: Math.round(width * times) };
  let sum: Float32Array | undefined;
  let planes = 0;
  let batch = 0;
  const weight = new Float32Array(size.height * size.width);
  for (const [top, tall] of stretches(height, tiling.height, tiling.overlap)) {
    for (const [left, wide] of stretches(width, tiling.width, tiling.overlap)) {
      const out = await work(cut(x, { top, left, tall, wide }));
      batch = out.shape[0]!;
      planes = batch * out.shape[1]!;
      sum ??= new Float32Array(planes * weight.length);
      const at = { top: Math.round(top * times), left: Math.round(left * times), ...size };
      lay(sum, weight, out, { ...at, feather });
    }
  }
  const plane = weight.length;
  return tensor(
    sum!.map((v, i) => v / weight[i % plane]!),
    [batch, planes / batch, size.height, size.width],
  );
}

/** Where tiles begin along one side, and how long they are. */
function stretches(size: number, tile: number, overlap: number): (readonly [start: number, length: number])[] {
  if (size <= tile) return [[0, size]];
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at < size - overlap; at += tile - overlap) {
    const start = Math.min(at, size - overlap);
    found.push([start, Math.min(tile, size - start)]);
  }
  return found;
}

interface Window {
  readonly top: number;
  readonly left: number;
  readonly tall: number;
  readonly wide: number;
}

function cut({ data, shape }: Tensor, { top, left, tall, wide }: Window): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const out = new Float32Array(batch * channels * tall * wide);
  for (let row = 0; row < batch * channels * tall; row++) {
    const from = (Math.floor(row / tall) * height + top + (row % tall)) * width + left;
    out.set(data.subarray(from, from + wide), row * wide);
  }
  return tensor(out, [batch, channels, tall, wide]);
}

/** Adds a tile and its weights: 1 inside, rising from 1/feather at every edge, that of the picture too. */
function lay(
  sum: Float32Array,
  weight: Float32Array,
  { data, shape }: Tensor,
  at: { readonly top: number; readonly left: number; readonly width: number; readonly feather: number },
): void {
  const [batch = 0, channels = 0, tall = 0, wide = 0] = shape;
  const [rows, columns] = [ramp(tall, at.feather), ramp(wide, at.feather)];
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        const to = (at.top + y) * at.width + at.left + x;
        const share = rows[y]! * columns[x]!;
        sum[plane * weight.length + to]! += share * data[(plane * tall + y) * wide + x]!;
        if (plane === 0) weight[to]! += share;
      }
    }
  }
}

function ramp(length: number, feather: number): Float32Array {
  const out = new Float32Array(length).fill(1);
  if (length <= feather) return out;
  for (let t = 0; t < feather; t++) {
    out[t]! *= (t + 1) / feather;
    out[length - 1 - t]! *= (t + 1) / feather;
  }
  return out;
}
