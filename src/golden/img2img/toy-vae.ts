import { type Tensor, tensor } from '../../engine/tensor/tensor.ts';

/** The networks of the reference runs: 8 × 8 means of red, green, blue and their mean. [B, 3, H, W] → [B, 4, H/8, W/8]. */
export function toyEncode(pixels: Tensor): Tensor {
  const [batch = 0, , height = 0, width = 0] = pixels.shape;
  const [h, w] = [Math.floor(height / 8), Math.floor(width / 8)];
  const out = new Float32Array(batch * 4 * h * w);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < h * w; i++) {
      const means = [0, 1, 2].map((c) => cellMean(pixels, b * 3 + c, { x: i % w, y: Math.floor(i / w) }));
      means.push((means[0]! + means[1]! + means[2]!) / 3);
      means.forEach((mean, c) => {
        out[(b * 4 + c) * h * w + i] = mean;
      });
    }
  }
  return tensor(out, [batch, 4, h, w]);
}

function cellMean(pixels: Tensor, plane: number, cell: { x: number; y: number }): number {
  const [, , height = 0, width = 0] = pixels.shape;
  let sum = 0;
  for (let y = 0; y < 8; y++) {
    const row = (plane * height + cell.y * 8 + y) * width + cell.x * 8;
    for (let x = 0; x < 8; x++) sum = Math.fround(sum + pixels.data[row + x]!);
  }
  return Math.fround(sum / 64);
}

/** The first three channels, each value repeated 8 × 8: [B, 4, h, w] → [B, 3, 8h, 8w]. */
export function toyDecode(latent: Tensor): Tensor {
  const [batch = 0, channels = 0, h = 0, w = 0] = latent.shape;
  const [height, width] = [h * 8, w * 8];
  const out = new Float32Array(batch * 3 * height * width);
  for (let i = 0; i < out.length; i++) {
    const x = (i % width) >> 3;
    const y = (Math.floor(i / width) % height) >> 3;
    const plane = Math.floor(i / (width * height));
    out[i] = latent.data[((Math.floor(plane / 3) * channels + (plane % 3)) * h + y) * w + x]!;
  }
  return tensor(out, [batch, 3, height, width]);
}
