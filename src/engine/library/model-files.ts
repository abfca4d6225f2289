import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { type ModelKind, modelKinds } from '../../edit/catalog.ts';
import { closest } from '../../edit/names.ts';
import { Refusal } from '../../errors.ts';
import { noFile } from '../weights/weights-file.ts';

interface Shelf {
  /** Below the models folder; the first is where `pull` puts files. `..` is the web UI's own folder, above it. */
  readonly folders: readonly string[];
  readonly endings: readonly string[];
  /** Which of the files there are meant, where a folder holds others too. */
  readonly means?: (name: string, folder: string) => boolean;
}

/** A VAE beside a checkpoint. Source: A1111 modules/sd_vae.py, modules/sd_models.py */
const isVaeBeside = (name: string) => /\.vae\.(safetensors|ckpt|pt)$/i.test(name);

/** Folders and endings as A1111 and the extensions its users have name them; comparisons of endings ignore case. */
export const shelves: Readonly<Record<ModelKind, Shelf>> = {
  checkpoint: {
    folders: ['Stable-diffusion'],
    endings: ['.safetensors', '.ckpt'],
    means: (name) => !isVaeBeside(name),
  },
  vae: {
    folders: ['VAE', 'Stable-diffusion'],
    endings: ['.safetensors', '.ckpt', '.pt'],
    means: (name, folder) => folder === 'VAE' || isVaeBeside(name),
  },
  'vae-approx': { folders: ['VAE-approx', 'VAE-taesd'], endings: ['.safetensors', '.pt', '.pth'] },
  'text-encoder': { folders: ['text_encoder', 'text_encoders', 'clip'], endings: ['.safetensors', '.pt', '.bin'] },
  lora: { folders: ['Lora', 'LyCORIS'], endings: ['.safetensors', '.pt', '.ckpt'] },
  embedding: { folders: ['embeddings', '../embeddings'], endings: ['.safetensors', '.pt', '.bin'] },
  hypernetwork: { folders: ['hypernetworks'], endings: ['.pt'] },
  upscaler: {
    folders: ['ESRGAN', 'RealESRGAN', 'DAT', 'SwinIR', 'ScuNET', 'LDSR'],
    endings: ['.safetensors', '.pth', '.pt'],
  },
  sam: { folders: ['sam', 'sams'], endings: ['.safetensors', '.pth', '.pt'] },
  'grounding-dino': { folders: ['grounding-dino'], endings: ['.safetensors', '.pth', '.pt'] },
};

/** A file on one of the shelves; nothing of it has been read. */
export interface ModelFile {
  readonly kind: ModelKind;
  /** Name without folder and ending: what people type. */
  readonly name: string;
  readonly path: string;
  /** Below the shelf's folder, with `/`: how A1111 tells files of one name apart. */
  readonly relative: string;
  readonly bytes: number;
  /** Another one whenever anything about the file changes, its rights included. */
  readonly version: string;
  /** Why it cannot even be opened: a link to nowhere, or no file at all; null for a file to use. */
  readonly fault: string | null;
}

/** Folders in folders; real collections have three. */
const maxDepth = 16;

/**
 * Every file of a kind below `modelsDir`, folder by folder in the order of A1111 (numbers in names count as numbers). Hidden folders are
 * passed over. Links are followed, to other disks too: only whoever runs the program can have made them.
 */
export async function modelFiles(modelsDir: string, kind: ModelKind): Promise<readonly ModelFile[]> {
  const { folders, endings, means = () => true } = shelves[kind];
  const found: ModelFile[] = [];
  const seen = new Set<string>();
  for (const folder of folders) {
    const root = join(modelsDir, folder);
    const walk: Walk = {
      root,
      seen,
      wants: (name) => endings.includes(extname(name).toLowerCase()) && means(name, folder),
    };
    for await (const file of filesIn(root, walk, 0)) found.push({ kind, ...file });
  }
  return found;
}

/**
 * A model file by its path, from here or from the models folder, its file name, or its name without ending, whatever its kind.
 * @throws Refusal 'unknown-name'
 */
export async function findModelFile(modelsDir: string, given: string): Promise<string> {
  if ((await stat(given).catch(() => null))?.isFile()) return given;
  const files = (await Promise.all(modelKinds.map((kind) => modelFiles(modelsDir, kind)))).flat();
  const inside = join(modelsDir, given);
  const found = files.find(
    ({ name, path, relative }) => path === inside || [name, basename(path), relative].includes(given),
  );
  if (found) return found.path;
  const names = files.map(({ name }) => name);
  throw new Refusal('unknown-name', { kind: 'model', given, nearest: closest(given, names) });
}

interface Walk {
  readonly root: string;
  /** Real paths of folders that were entered: links may lead in circles. */
  readonly seen: Set<string>;
  readonly wants: (name: string) => boolean;
}

async function* filesIn(folder: string, walk: Walk, depth: number): AsyncIterable<Omit<ModelFile, 'kind'>> {
  const real = await realOrNull(folder);
  if (real === null || walk.seen.has(real) || depth > maxDepth) return;
  walk.seen.add(real);
  const entries = await readdir(folder, { withFileTypes: true }).catch(nothingThere);
  const inOrder = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => naturally(a.name, b.name));
  const folders: string[] = [];
  for (const entry of inOrder) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && !walk.wants(entry.name));
    if (isFolder) folders.push(path);
    else if (walk.wants(entry.name)) yield await fileAt(path, walk);
  }
  for (const sub of folders) yield* filesIn(sub, walk, depth + 1);
}

async function fileAt(path: string, { root }: Walk): Promise<Omit<ModelFile, 'kind'>> {
  const name = basename(path, extname(path));
  const relative = path
    .slice(root.length + 1)
    .split(sep)
    .join('/');
  const place = { name, path, relative };
  try {
    const found = await stat(path);
    return { ...place, bytes: found.size, version: versionOf(found), fault: found.isFile() ? null : noFile };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { ...place, bytes: 0, version: code, fault: message.split(',')[0]! };
  }
}

/** A file put in the place of another may have its size and time, but is another file. */
export function versionOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}

async function realOrNull(path: string): Promise<string | null> {
  return await realpath(path).catch(() => null);
}

/** A folder that is missing, may not be read or was deleted meanwhile holds no models. */
function nothingThere(error: NodeJS.ErrnoException): never[] {
  if (error.code === undefined) throw error;
  return [];
}

const collator = new Intl.Collator('en', { numeric: true });

/** Source: A1111 modules/util.py `natural_sort_key` */
function naturally(a: string, b: string): number {
  return collator.compare(a.toLowerCase(), b.toLowerCase());
}
