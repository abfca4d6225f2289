import { sizeOf, type Tensor } from './tensor.ts';

/** Length of the vector of all channels at every pixel, float32: [B, C, h, w] → [B, h, w]. */
export function channelNorms({ data, shape }: Tensor): Tensor {
  const [batch = 0, channels = 0, ...plane] = shape;
  const pixels = sizeOf(plane);
  const out = new Float32Array(batch * pixels);
  for (let image = 0; image < batch; image++) {
    for (let p = 0; p < pixels; p++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += data[(image * channels + c) * pixels + p]! ** 2;
      out[image * pixels + p] = Math.sqrt(sum);
    }
  }
  return { data: out, shape: [batch, ...plane] };
}

/** Every channel times one plane: [B, C, h, w] · [B, h, w]. */
export function scalePixels({ data, shape }: Tensor, factors: Tensor): Tensor {
  const [batch = 0, channels = 0, ...plane] = shape;
  const pixels = sizeOf(plane);
  const out = new Float32Array(data.length);
  for (let image = 0; image < batch; image++) {
    for (let c = 0; c < channels; c++) {
      const at = (image * channels + c) * pixels;
      for (let p = 0; p < pixels; p++) out[at + p] = data[at + p]! * factors.data[image * pixels + p]!;
    }
  }
  return { data: out, shape };
}

/** Standard deviation of all values, unbiased. */
export function standardDeviation({ data }: Tensor): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  const mean = sum / data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - mean) ** 2;
  return Math.sqrt(squares / (data.length - 1));
}
