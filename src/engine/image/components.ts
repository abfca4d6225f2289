import { blank, type Picture } from './picture.ts';

/** A connected part of a mask. */
export interface Component {
  /** Indices of its pixels. */
  readonly pixels: Int32Array;
  readonly touchesEdge: boolean;
}

const around8 = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => ({ dx, dy }))).filter(({ dx, dy }) => dx || dy);
const around4 = around8.filter(({ dx, dy }) => dx === 0 || dy === 0);

/** A mask that is being gone through. */
interface Search {
  readonly mask: Picture;
  readonly around: typeof around8;
  readonly seen: Uint8Array;
  /** The part that is being followed. */
  readonly found: Int32Array;
}

/** Marks the pixels connected to `start` as seen; they stand at the beginning of `found`. @returns how many there are */
function follow({ mask, around, seen, found }: Search, start: number): number {
  const { width, height, data } = mask;
  seen[start] = 1;
  found[0] = start;
  let count = 1;
  for (let next = 0; next < count; next++) {
    const at = found[next]!;
    const x = at % width;
    const y = (at - x) / width;
    for (const { dx, dy } of around) {
      const [u, v] = [x + dx, y + dy];
      const i = v * width + u;
      if (u < 0 || v < 0 || u >= width || v >= height || data[i] === 0 || seen[i]) continue;
      seen[i] = 1;
      found[count++] = i;
    }
  }
  return count;
}

/** The connected parts of what is marked, in reading order of their first pixels; `neighbours`: whether corners connect. */
export function componentsOf(mask: Picture, neighbours: 4 | 8): readonly Component[] {
  const { width, height, data } = mask;
  const around = neighbours === 8 ? around8 : around4;
  const search = { mask, around, seen: new Uint8Array(data.length), found: new Int32Array(data.length) };
  const isEdge = (i: number) => i < width || i >= data.length - width || i % width === 0 || i % width === width - 1;
  const parts: Component[] = [];
  for (let start = 0; start < width * height; start++) {
    if (data[start] === 0 || search.seen[start]) continue;
    const pixels = search.found.slice(0, follow(search, start));
    parts.push({ pixels, touchesEdge: pixels.some(isEdge) });
  }
  return parts;
}

/** A mask of these parts alone. */
export function maskOfComponents(size: Picture, components: readonly Component[]): Picture {
  const out = blank(size, 1);
  for (const { pixels } of components) for (const i of pixels) out.data[i] = 255;
  return out;
}

/** The mask with those of its holes filled that do not reach the edge and are at most `share` of the picture each. */
export function fillHoles(mask: Picture, share: number): Picture {
  const outside: Picture = { ...mask, data: mask.data.map((v) => (v > 0 ? 0 : 255)) };
  const limit = share * mask.data.length;
  const holes = componentsOf(outside, 4).filter(({ pixels, touchesEdge }) => !touchesEdge && pixels.length <= limit);
  const data = Uint8Array.from(mask.data);
  for (const { pixels } of holes) for (const i of pixels) data[i] = 255;
  return { ...mask, data };
}
