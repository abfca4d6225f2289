import type { Picture } from './picture.ts';

/** Rows to the nearest marked pixel of each column, counted up to `radius + 1`, which stands for all beyond. */
function columnDistances({ width, height, data }: Picture, radius: number): Uint16Array {
  const far = radius + 1;
  const out = new Uint16Array(width * height);
  for (let x = 0; x < width; x++) {
    let above = far;
    for (let y = 0, i = x; y < height; y++, i += width) {
      above = data[i]! > 0 ? 0 : Math.min(above + 1, far);
      out[i] = above;
    }
    let below = far;
    for (let y = height - 1, i = y * width + x; y >= 0; y--, i -= width) {
      below = data[i]! > 0 ? 0 : Math.min(below + 1, far);
      if (below < out[i]!) out[i] = below;
    }
  }
  return out;
}

/**
 * Every pixel within `radius` px (dx² + dy² ≤ radius²) of a marked one, 255. Grey masks of 0 and anything above; the radius costs
 * nothing: in each row, the marked pixel nearest in a column reaches furthest to the sides.
 */
export function dilateDisc(mask: Picture, radius: number): Picture {
  if (radius <= 0) return mask;
  const { width, height } = mask;
  const distances = columnDistances(mask, radius);
  const reach = Uint16Array.from({ length: radius + 1 }, (_, d) => Math.floor(Math.sqrt(radius * radius - d * d)));
  const out = new Uint8Array(width * height);
  const change = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    change.fill(0);
    for (let x = 0; x < width; x++) {
      const d = distances[y * width + x]!;
      if (d > radius) continue;
      const from = Math.max(0, x - reach[d]!);
      const to = Math.min(width, x + reach[d]! + 1);
      change[from] = change[from]! + 1;
      change[to] = change[to]! - 1;
    }
    let covering = 0;
    for (let x = 0; x < width; x++) {
      covering += change[x]!;
      if (covering > 0) out[y * width + x] = 255;
    }
  }
  return { width, height, channels: 1, data: out };
}

const negative = (mask: Picture): Picture => ({ ...mask, data: mask.data.map((v) => (v > 0 ? 0 : 255)) });

/** What stays marked `radius` px away from everything unmarked; beyond the picture's edge nothing counts as unmarked. */
export function erodeDisc(mask: Picture, radius: number): Picture {
  return radius <= 0 ? mask : negative(dilateDisc(negative(mask), radius));
}

/** Without what a disc does not fit into: specks and hairs. */
export function openDisc(mask: Picture, radius: number): Picture {
  return dilateDisc(erodeDisc(mask, radius), radius);
}

/** With the gaps closed into which a disc does not fit. */
export function closeDisc(mask: Picture, radius: number): Picture {
  return erodeDisc(dilateDisc(mask, radius), radius);
}
