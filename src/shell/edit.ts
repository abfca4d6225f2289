import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import {
  type BlobRef,
  defaultCaps,
  type MaskSource,
  type PartialParams,
  paramsFromInfotext,
  type Remark,
  resolveEdit,
  type Sketch,
  scriptDefaults,
  toBlobRef,
  type Warning,
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
  /** A warning, or a remark on the result, in words. */
  readonly wordsOf: (warning: Warning | Remark) => Promise<string>;
  /** Uniform in [0, 1), for a seed that was not given. */
  readonly random: () => number;
}

export const editUsage = `palimpsest edit PICTURE --prompt "…" [--mask MASK] [--sketch PAINTED [--sketch-kind sketch|inpaint]]
  [--settings PICTURE] [--out OUT.png] [any parameter: --strength 0.6 --steps 20 --script "outpainting mk2" --pixels 128 …]`;

/** As for chat edits: half strength without a mask, A1111's 0.75 with one, and what a script recommends. */
function ownDefaults(hasMask: boolean, { script = 'none' }: PartialParams): PartialParams {
  return { denoisingStrength: hasMask ? 0.75 : 0.5, ...scriptDefaults[script] };
}

/** `--sketch`: the picture with strokes on it, where they are the mask unless `--sketch-kind sketch` says otherwise. */
async function sketchOf({ options }: Arguments, take: (path: string) => Promise<BlobRef>): Promise<Sketch | undefined> {
  const path = options.get('sketch');
  if (path === undefined) return undefined;
  const kind = options.get('sketch-kind') === 'sketch' ? 'sketch' : 'inpaint sketch';
  return { kind, painted: await take(path) };
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
  const sketch = await sketchOf(args, async (path) => (await take(path)).ref);
  const settings = args.options.get('settings');
  const restored = settings ? await settingsOf(settings, tools.pictures) : {};
  const params = { ...restored, ...paramsOf(args, ['mask', 'out', 'sketch', 'sketch-kind', 'settings']) };
  const hasMask = mask !== null || sketch?.kind === 'inpaint sketch';
  const layers = [
    { name: 'flow', content: { params: ownDefaults(hasMask, params) } },
    { name: 'command', content: { params } },
  ] as const;
  const wish = { init: init.ref, initSize: init, mask, sketch, layers };
  const { request, clamped, warnings } = resolveEdit(wish, await tools.engine.catalog(), defaultCaps, tools.random);
  for (const { field, asked, given } of clamped) tools.screen.write(`${field} ${asked} → ${given}\n`);
  for (const warning of warnings) tools.screen.write(`${await tools.wordsOf(warning)}\n`);
  const outcome = await paint(request, files, tools);
  for (const remark of outcome.remarks ?? []) tools.screen.write(`${await tools.wordsOf(remark)}\n`);
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
