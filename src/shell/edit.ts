import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import {
  type BlobRef,
  defaultCaps,
  type MaskSource,
  type PartialParams,
  paramsFromInfotext,
  resolveEdit,
  toBlobRef,
} from '../edit/index.ts';
import type { PictureProbe } from '../edit/probe.ts';
import type { Engine } from '../engine/index.ts';
import { type Arguments, paramsOf } from './arguments.ts';
import { progressBar, type Screen } from './progress-bar.ts';

/** What `palimpsest edit` needs of the world. */
export interface EditTools {
  readonly engine: Engine;
  readonly pictures: Pick<PictureProbe, 'probe'>;
  readonly screen: Screen;
  /** Uniform in [0, 1), for a seed that was not given. */
  readonly random: () => number;
}

export const editUsage = `palimpsest edit PICTURE --prompt "…" [--mask MASK] [--settings PICTURE] [--out OUT.png] [any parameter: --strength 0.6 --steps 20 …]`;

/** As for chat edits: half strength without a mask, A1111's 0.75 with one. */
function ownDefaults(mask: MaskSource | null): PartialParams {
  return { denoisingStrength: mask ? 0.75 : 0.5 };
}

const refOf = (bytes: Uint8Array) => toBlobRef(`sha256-${createHash('sha256').update(bytes).digest('hex')}`);

/** `out.png`, `out-1.png`, `out-2.png` … */
function numbered(path: string, i: number): string {
  if (i === 0) return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${i}${ending}`;
}

/** The parameters written into a picture that was made here or by A1111. */
async function settingsOf(path: string, pictures: EditTools['pictures']): Promise<PartialParams> {
  const { infotext } = await pictures.probe(await readFile(path));
  if (infotext === null) throw new Error(`${path} carries no settings`);
  return paramsFromInfotext(infotext);
}

/** One edit from files to files. @returns the paths written, with their infotexts @throws Refusal, and errors of the file system */
export async function runEdit(
  args: Arguments,
  tools: EditTools,
): Promise<readonly { readonly path: string; readonly infotext: string }[]> {
  const [picture] = args.words;
  if (!picture || args.words.length > 1) throw new Error(`usage: ${editUsage}`);
  const files = new Map<BlobRef, Uint8Array>();
  const take = async (path: string) => {
    const probed = await tools.pictures.probe(await readFile(path));
    files.set(refOf(probed.bytes), probed.bytes);
    return { ref: refOf(probed.bytes), ...probed };
  };
  const init = await take(picture);
  const maskPath = args.options.get('mask');
  const mask: MaskSource | null = maskPath ? { kind: 'image', blob: (await take(maskPath)).ref, read: 'auto' } : null;
  const settings = args.options.get('settings');
  const restored = settings ? await settingsOf(settings, tools.pictures) : {};
  const layers = [
    { name: 'flow', content: { params: ownDefaults(mask) } },
    { name: 'command', content: { params: { ...restored, ...paramsOf(args, ['mask', 'out', 'settings']) } } },
  ] as const;
  const wish = { init: init.ref, initSize: init, mask, layers };
  const { request, clamped } = resolveEdit(wish, await tools.engine.catalog(), defaultCaps, tools.random);
  for (const { field, asked, given } of clamped) tools.screen.write(`${field} ${asked} → ${given}\n`);
  const outcome = await paint(request, files, tools);
  const out = args.options.get('out') ?? `${basename(picture, extname(picture))}-edited.png`;
  return await Promise.all(
    outcome.images.map(async ({ image, infotext }, i) => {
      await writeFile(numbered(out, i), image);
      return { path: numbered(out, i), infotext };
    }),
  );
}

async function paint(
  request: Parameters<Engine['run']>[0]['request'],
  files: ReadonlyMap<BlobRef, Uint8Array>,
  tools: EditTools,
) {
  const bar = progressBar(tools.screen);
  try {
    return await tools.engine.run(
      { kind: 'edit', request },
      { fetch: async (ref) => files.get(ref)!, progress: bar.show, signal: { cancelled: false } },
    );
  } finally {
    bar.end();
  }
}
