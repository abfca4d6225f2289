import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { openBots, systemClock } from '../src/bots/core/index.ts';
import { defaultCaps } from '../src/edit/index.ts';
import type { NodeId } from '../src/edit/lineage.ts';
import { openEmbeddedQueue } from '../src/jobs/embedded.ts';
import { openEngineHost } from '../src/jobs/engine-host.ts';
import { openPictureHost } from '../src/jobs/picture-host.ts';
import { workHandler } from '../src/jobs/worker.ts';
import { silentLog } from '../src/log.ts';
import { openStorage } from '../src/storage/index.ts';
import { ann, bo, buttonsOf, file, type Posted, room, TestPlatform } from '../test/support/test-platform.ts';
import { contactSheet, type Exhibit } from './contact-sheet.ts';

// A little story with the built-in model, told through the same core that speaks Discord and Telegram: an edit by prompt, a subject
// painted in by mask, another try, a step back, and somebody else's branch. Writes the pictures and a contact sheet to demo/.

const SIZE = 256;
const MASK = { left: 128, top: 88, width: 116, height: 132 };
const BLUR = 4;
/** As far as a blur of 4 reaches, A.3 of OpenCV's kernel: ⌊2.5 · 4 + 0.5⌋ px. */
const REACH = 10;

/** A meadow as a child would paint it: what somebody sends to begin with. */
const meadow = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}">
  <rect width="100%" height="100%" fill="#8ec8f0"/><rect y="168" width="100%" height="88" fill="#6cb54a"/>
  <circle cx="44" cy="44" r="22" fill="#ffd84a"/></svg>`;

const out = resolve('demo');
const exhibits: Exhibit[] = [];

async function write(name: string, image: Uint8Array, caption: readonly string[]): Promise<void> {
  await writeFile(join(out, `${exhibits.length}-${name}.png`), image);
  exhibits.push({ image, caption });
  console.log(`${exhibits.length - 1}-${name}.png  ${caption.join(' · ')}`);
}

/** Largest difference of any channel where neither the mask nor its blur reaches. */
async function differenceOutside(before: Uint8Array, after: Uint8Array): Promise<number> {
  const [a, b] = await Promise.all([before, after].map((png) => sharp(png).removeAlpha().raw().toBuffer()));
  const inside = (v: number, from: number, length: number) => v >= from - REACH && v < from + length + REACH;
  let largest = 0;
  for (let i = 0; i < a!.length; i++) {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    if (inside(x, MASK.left, MASK.width) && inside(y, MASK.top, MASK.height)) continue;
    largest = Math.max(largest, Math.abs(a![i]! - b![i]!));
  }
  return largest;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const dataDir = await mkdtemp(join(tmpdir(), 'palimpsest-demo-'));
{
  await using storage = await openStorage({ dataDir, log: silentLog });
  await using pictures = openPictureHost();
  await using engine = await openEngineHost(
    {
      ...{ modelsDir: dataDir, cacheDir: dataDir, builtinModel: resolve('models/palimpsest-tiny.safetensors') },
      ...{ version: 'demo', device: 'cpu', memoryBudgetMb: 6000, previews: 'off', threads: null },
    },
    silentLog,
  );
  await using queue = openEmbeddedQueue({ log: silentLog });
  await queue.announce(await engine.catalog());
  const stop = new AbortController();
  const working = queue.consume(workHandler(engine, storage.blobs, silentLog), stop.signal);
  const chat = new TestPlatform();
  const common = { storage, queue, platforms: [chat], probe: pictures, log: silentLog };
  await using _bots = await openBots({ ...common, caps: defaultCaps, clock: systemClock, random: randomBytes });

  const result = async (n: number): Promise<Posted> => {
    for (;;) {
      const warning = [...chat.told.map((t) => t.card), ...chat.posted.map((p) => p.card)].find(
        (c) => c.tone === 'warning',
      );
      if (warning) throw new Error([warning.title, ...warning.lines].join('\n'));
      const found = chat.results(room)[n];
      if (found) return found;
      await new Promise((wake) => setTimeout(wake, 20));
    }
  };
  /** Presses Use below the card that shows a mask before it is used. */
  const agree = async (who: typeof ann) => {
    for (;;) {
      const asked = chat.standing(room).find(({ card }) => buttonsOf(card).some(({ action }) => action === 'mu'));
      if (asked) return await chat.press(who, asked, 'Use');
      await new Promise((wake) => setTimeout(wake, 20));
    }
  };
  const imageOf = async (posted: Posted) => {
    const node = await storage.lineage.node(buttonsOf(posted.card).find((b) => b.action === 'ag')!.target as NodeId);
    return await storage.blobs.get(node!.image.ref);
  };

  const upload = await sharp(Buffer.from(meadow)).png().toBuffer();
  const white = await sharp({ create: { width: MASK.width, height: MASK.height, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const black = sharp({ create: { width: SIZE, height: SIZE, channels: 3, background: '#000' } });
  const mask = await black
    .composite([{ input: white, left: MASK.left, top: MASK.top }])
    .png()
    .toBuffer();
  await write('upload', upload, ['#0 upload', 'Ann paints a meadow']);

  const words = { prompt: 'a tree on the left, grass, blue sky', strength: 0.85, cfg: 5, steps: 20, seed: 12 };
  await chat.command(ann, 'edit', words, { files: [upload] });
  const edited = await result(0);
  const first = await imageOf(edited);
  await write('edit', first, ['#1 edit by prompt', `"${words.prompt}"`]);

  const painted = {
    strength: 1,
    cfg: 5,
    fill: 'latent noise',
    area: 'only masked',
    padding: 16,
    'mask-blur': BLUR,
    seed: 4,
  };
  const replyTo = edited.id;
  await chat.command(
    ann,
    'inpaint',
    { ...painted, prompt: 'a cat face, grass, blue sky' },
    { replyTo, files: [file(mask, 'mask')] },
  );
  await agree(ann);
  const cat = await result(1);
  await write('inpaint', await imageOf(cat), ['#2 a subject by mask', '"a cat face, grass, blue sky"']);

  await chat.press(ann, cat, 'Again');
  const again = await result(2);
  await write('again', await imageOf(again), ['#3 Again', 'the same with another seed']);

  await chat.press(ann, again, 'Undo');
  await write('undo', first, ['Undo', 'back at #1, nothing is lost']);

  await chat.command(
    bo,
    'inpaint',
    { ...painted, prompt: 'a panda, grass, blue sky' },
    { replyTo, files: [file(mask, 'mask')] },
  );
  await agree(bo);
  const branch = await result(3);
  await write('branch', await imageOf(branch), ['#4 Bo branches off #1', '"a panda, grass, blue sky"']);

  for (const inpainted of [cat, again, branch]) {
    const difference = await differenceOutside(first, await imageOf(inpainted));
    console.log(`${inpainted.card.title}: largest difference outside mask and blur: ${difference}`);
    if (difference !== 0) process.exitCode = 1;
  }
  stop.abort();
  await working;
}
await writeFile(join(out, 'contact-sheet.png'), await contactSheet(exhibits, { columns: 3 }));
await rm(dataDir, { recursive: true, force: true });
console.log(`→ ${join('demo', 'contact-sheet.png')}`);
