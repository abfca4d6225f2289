import { type Box, box, boxesIn, integer, integerReader } from './iso-boxes.ts';

/** A stretch of the file that belongs to an item. */
interface Extent {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** Where one item's bytes lie. */
interface ItemLocation {
  readonly id: number;
  readonly method: number;
  readonly reference: number;
  readonly base: number;
  readonly extents: readonly Extent[];
}

/** The item location box, and how many bytes its integers have. */
interface Locations {
  readonly version: number;
  readonly sizes: { readonly offset: number; readonly length: number; readonly base: number; readonly index: number };
  readonly items: readonly ItemLocation[];
}

/** Source: ISO/IEC 14496-12, 8.11.3 */
function parseLocations(body: Buffer): Locations {
  const { read } = integerReader(body);
  const version = read(1);
  read(3);
  const [first, second] = [read(1), read(1)];
  const index = version > 0 ? second & 15 : 0;
  const sizes = { offset: first >> 4, length: first & 15, base: second >> 4, index };
  const count = read(version < 2 ? 2 : 4);
  const items = Array.from({ length: count }, (): ItemLocation => {
    const id = read(version < 2 ? 2 : 4);
    const method = version > 0 ? read(2) : 0;
    const [reference, base] = [read(2), read(sizes.base)];
    const extents = Array.from({ length: read(2) }, () => ({
      index: read(sizes.index),
      offset: read(sizes.offset),
      length: read(sizes.length),
    }));
    return { id, method, reference, base, extents };
  });
  return { version, sizes, items };
}

function locationBox({ version, sizes, items }: Locations): Buffer {
  const idSize = version < 2 ? 2 : 4;
  const parts = items.flatMap(({ id, method, reference, base, extents }) => [
    integer(id, idSize),
    integer(method, version > 0 ? 2 : 0),
    integer(reference, 2),
    integer(base, sizes.base),
    integer(extents.length, 2),
    ...extents.flatMap(({ index, offset, length }) => [
      integer(index, sizes.index),
      integer(offset, sizes.offset),
      integer(length, sizes.length),
    ]),
  ]);
  const nibbles = Buffer.from([(sizes.offset << 4) | sizes.length, (sizes.base << 4) | sizes.index]);
  return box('iloc', integer(version, 1), integer(0, 3), nibbles, integer(items.length, idSize), ...parts);
}

/** Bytes behind the metadata have moved: item offsets into the file follow. */
function moved({ sizes, ...rest }: Locations, { behind, by }: { behind: number; by: number }): Locations {
  const items = rest.items.map((item) => {
    if (item.method !== 0 || item.base + (item.extents[0]?.offset ?? 0) < behind) return item;
    if (sizes.base > 0) return { ...item, base: item.base + by };
    return { ...item, extents: item.extents.map((extent) => ({ ...extent, offset: extent.offset + by })) };
  });
  return { ...rest, sizes, items };
}

/** The item list with one more entry, of type Exif. Source: ISO/IEC 14496-12, 8.11.6 */
function itemInfoBox(body: Buffer, id: number): Buffer {
  const wide = body[0]! > 0;
  const count = wide ? body.readUInt32BE(4) : body.readUInt16BE(4);
  const entry = box('infe', Buffer.from([2, 0, 0, 0]), integer(id, 2), integer(0, 2), Buffer.from('Exif\0', 'latin1'));
  const entries = body.subarray(wide ? 8 : 6);
  return box('iinf', body.subarray(0, 4), integer(count + 1, wide ? 4 : 2), entries, entry);
}

/** "The EXIF item describes the picture", after the references there were. Source: ISO/IEC 14496-12, 8.11.12 */
function referenceBox(body: Buffer | undefined, { from, to }: { from: number; to: number }): Buffer {
  const head = body ?? Buffer.alloc(4);
  const idSize = head[0]! > 0 ? 4 : 2;
  return box('iref', head, box('cdsc', integer(from, idSize), integer(1, 2), integer(to, idSize)));
}

function only(boxes: readonly Box[], type: string): Box {
  const found = boxes.find((candidate) => candidate.type === type);
  if (!found) throw new RangeError(`an AVIF without ${type} box`);
  return found;
}

/**
 * An AVIF with the TIFF as an EXIF item of its picture, the item's bytes at the end of the file.
 * @throws RangeError when the file has no metadata box to put it in
 * Source: ISO/IEC 23008-12, annex A.2
 */
export function withAvifExif(file: Uint8Array, tiff: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  const meta = only(boxesIn(bytes), 'meta');
  const inside = boxesIn(meta.body.subarray(4));
  const locations = parseLocations(only(inside, 'iloc').body);
  const primary = only(inside, 'pitm').body;
  const id = Math.max(...locations.items.map((item) => item.id)) + 1;
  const data = Buffer.concat([integer(0, 4), tiff]); // the TIFF begins right behind this offset
  const metaAt = meta.bodyAt - 8;

  const metaWith = (now: Locations) => {
    const replaced = inside.map((child) => {
      if (child.type === 'iloc') return locationBox(now);
      if (child.type === 'iinf') return itemInfoBox(child.body, id);
      return child.type === 'iref' ? Buffer.alloc(0) : box(child.type, child.body);
    });
    const old = inside.find((child) => child.type === 'iref')?.body;
    const to = primary[0]! > 0 ? primary.readUInt32BE(4) : primary.readUInt16BE(4);
    return box('meta', meta.body.subarray(0, 4), ...replaced, referenceBox(old, { from: id, to }));
  };
  const withItem = (now: Locations, offset: number): Locations => {
    const extents = [{ index: 0, offset, length: data.length }];
    return { ...now, items: [...now.items, { id, method: 0, reference: 0, base: 0, extents }] };
  };
  const by = metaWith(withItem(locations, 0)).length - (meta.end - metaAt);
  const there = moved(locations, { behind: meta.end, by });
  const now = metaWith(withItem(there, file.length + by + 8));
  return Buffer.concat([bytes.subarray(0, metaAt), now, bytes.subarray(meta.end), box('mdat', data)]);
}
