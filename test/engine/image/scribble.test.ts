import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashDistance } from '../../../src/edit/image-hash.ts';
import { compared } from '../../../src/engine/image/alignment.ts';
import { differenceHash } from '../../../src/engine/image/difference-hash.ts';
import { dilateDisc } from '../../../src/engine/image/disc-morphology.ts';
import { findScribble } from '../../../src/engine/image/scribble.ts';
import { refusalOf } from '../../support/refusal.ts';
import * as scribbles from '../../support/scribbles.ts';

const { line, ring, pictureOf, sentBack, scene } = scribbles;
const red = '#ff3b30';
/** As messengers shrink and recompress. */
const ways = [
  { scale: 0.4, quality: 87 },
  { scale: 0.7, quality: 60 },
  { scale: 1, quality: 75 },
  { scale: 1.6, quality: 60 },
] as const;

/** A picture that stands in the guide. */
const fromGuide = async (name: string) =>
  sharp(await readFile(`docs/guide/pictures/${name}.webp`))
    .resize(640, 480, { fit: 'cover' })
    .png()
    .toBuffer();

let pictures: readonly (readonly [string, Buffer])[];
beforeAll(async () => {
  pictures = [
    ['a square', await scene(2)],
    ['a wide one', await scene(5, 768, 432)],
    ['a tall one', await scene(4, 400, 640)],
    ['one of the guide', await fromGuide('masked-content')],
    ['another of the guide', await fromGuide('soft-inpainting')],
    ['a dark one', await scribbles.relit(await scene(7), 0.25, 4)],
    ['a bright one', await scribbles.relit(await scene(8), 0.3, 175)],
    ['a red one', await scribbles.texture(9, '#a04030')],
    ['grass', await scribbles.texture(10, '#5a8a3c', 640, 480)],
    ['skin', await scribbles.texture(11, '#d8a888', 480, 640)],
  ];
});

describe.each(ways)('on a copy at $scale of its size, JPEG $quality', (way) => {
  test('red strokes are found, whole, and mean a mask', async () => {
    for (const [i, [name, png]] of pictures.entries()) {
      const thickness = [10, 14, 24][(i + ways.indexOf(way)) % 3]!; // each picture meets each of them
      const strokes = { color: red, thickness, shapes: line(60, 260, 300, 200) };
      const base = await pictureOf(png);
      const found = findScribble(base, await pictureOf(await sentBack(png, strokes, way)))!;
      const drawn = await scribbles.truth(strokes, base.width, base.height);
      expect(scribbles.agreement(found.mask, drawn).recall, name).toBeGreaterThanOrEqual(0.95);
      const { precision } = scribbles.agreement(found.mask, dilateDisc(drawn, 4));
      expect(precision, name).toBeGreaterThanOrEqual(0.55);
      expect(found.mode, name).toBe('mask');
    }
  });

  test('an unmarked copy has no strokes', async () => {
    for (const [name, png] of pictures) {
      expect(findScribble(await pictureOf(png), await pictureOf(await sentBack(png, null, way))), name).toBeNull();
    }
  });
});

test('a circle selects what it encircles, an open bow does not', async () => {
  const png = await scene(2);
  const base = await pictureOf(png);
  const inside = 250 * 512 + 250;
  const circled = { color: red, thickness: 12, shapes: ring(250, 250, 80) };
  const bow = { color: red, thickness: 12, shapes: '<path d="M150 250 A 80 80 0 0 1 330 250"/>' };
  const maskOf = async (strokes: scribbles.Strokes) =>
    findScribble(base, await pictureOf(await sentBack(png, strokes, ways[1])))!.mask;
  expect((await maskOf(circled)).data[inside]).toBe(255);
  expect((await maskOf(bow)).data[inside]).toBe(0);
});

test.each(['#2060ff', '#8b4513', '#ffd000', '#101010'])(
  'strokes in %s are a sketch in their colours',
  async (color) => {
    const png = await scene(2);
    const strokes = { color, thickness: 14, shapes: line(80, 300, 300, 200) };
    const found = findScribble(await pictureOf(png), await pictureOf(await sentBack(png, strokes, ways[2])))!;
    expect(found.mode).toBe('inpaint sketch');
  },
);

test('the painted picture is the base but for the strokes, where every pixel differs', async () => {
  const png = await scene(5, 768, 432);
  const strokes = { color: '#2060ff', thickness: 14, shapes: line(80, 300, 300, 200) };
  const base = await pictureOf(png);
  const { painted } = findScribble(base, await pictureOf(await sentBack(png, strokes, ways[1])))!;
  const differs = (i: number) => [0, 1, 2].some((c) => painted.data[3 * i + c] !== base.data[3 * i + c]);
  const { data } = await scribbles.truth(strokes, 768, 432);
  const drawn = [...data.keys()].filter((i) => data[i]! > 0);
  expect(drawn.filter(differs).length / drawn.length).toBeGreaterThan(0.95);
  expect([...data.keys()].filter((i) => Math.floor(i / 768) > 360).some(differs)).toBe(false);
});

test('a screenshot that lost a strip still finds its base', async () => {
  const png = await scene(2);
  const strokes = { color: red, thickness: 12, shapes: line(100, 300, 380, 260) };
  const copy = await sharp(await sentBack(png, strokes, ways[2]))
    .extract({ left: 0, top: 12, width: 512, height: 500 })
    .png()
    .toBuffer();
  const found = findScribble(await pictureOf(png), await pictureOf(copy))!;
  const { recall } = scribbles.agreement(found.mask, await scribbles.truth(strokes, 512, 512));
  expect(recall).toBeGreaterThanOrEqual(0.95);
  const uneven = { left: 4, top: 3, width: 499, height: 500 };
  const shot = async (strokesOnIt: scribbles.Strokes | null) => {
    const drawn = await sharp(await sentBack(png, strokesOnIt, ways[2]))
      .extract(uneven)
      .png()
      .toBuffer();
    return pictureOf(await sharp(drawn).resize(660).jpeg({ quality: 85 }).toBuffer());
  };
  const cut = findScribble(await pictureOf(png), await shot(strokes))!;
  const met = scribbles.agreement(cut.mask, dilateDisc(await scribbles.truth(strokes, 512, 512), 4));
  expect([cut.mode, met.precision > 0.8, met.recall > 0.7]).toEqual(['mask', true, true]); // no edge is taken for a stroke
  expect(findScribble(await pictureOf(png), await shot(null))).toBeNull();
  const half = await sharp(copy).extract({ left: 0, top: 0, width: 512, height: 300 }).png().toBuffer();
  const [base, marked] = [await pictureOf(png), await pictureOf(half)];
  expect(refusalOf(() => findScribble(base, marked)).code).toBe('diff-base');
});

test('a screenshot that lost a pixel or two at its sides leaves no edges behind', async () => {
  const [, png] = pictures.find(([name]) => name === 'one of the guide')!;
  const base = await pictureOf(png);
  const strokes = { color: red, thickness: 12, shapes: line(100, 300, 380, 260) };
  const shot = async (strokesOnIt: scribbles.Strokes | null) => {
    const copy = await scribbles.sentBack(png, strokesOnIt, { scale: 1, quality: 87 });
    const cut = sharp(copy).extract({ left: 1, top: 0, width: base.width - 3, height: base.height });
    return pictureOf(await cut.jpeg({ quality: 85 }).toBuffer());
  };
  expect(findScribble(base, await shot(null))).toBeNull();
  const found = findScribble(base, await shot(strokes))!;
  const drawn = await scribbles.truth(strokes, base.width, base.height);
  const { recall } = scribbles.agreement(found.mask, drawn);
  const { precision } = scribbles.agreement(found.mask, dilateDisc(drawn, 8));
  expect([found.mode, recall >= 0.95, precision >= 0.99]).toEqual(['mask', true, true]);
});

test('a drawing of hard lines lies as it is, whole pixels or not', async () => {
  const png = await scribbles.drawing(8);
  const copy = await scribbles.sentBack(png, null, { scale: 1.3, quality: 70 });
  expect(findScribble(await pictureOf(png), await pictureOf(copy))).toBeNull();
});

test('another painting of the same words is told apart, though its hash is near', async () => {
  const [base, other] = [await pictureOf(await scene(2)), await pictureOf(await scribbles.otherRender(2))];
  expect(refusalOf(() => findScribble(base, other)).code).toBe('diff-too-different');
  expect(hashDistance(differenceHash(base), differenceHash(other))).toBeLessThanOrEqual(18);
  expect(compared(base, other)!.median).toBeGreaterThan(7);
});
