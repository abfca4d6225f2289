import type { Catalog, ModelEntry, ModelKind } from '../../edit/index.ts';
import type { Inspection, Verdict } from '../../engine/index.ts';
import type { RefusalData } from '../../errors.ts';
import { type KnownModel, plainName } from './known-models.ts';

const titles: Readonly<Record<ModelKind, string>> = {
  checkpoint: 'checkpoint',
  vae: 'VAE',
  'vae-approx': 'preview decoder',
  'text-encoder': 'text encoder',
  lora: 'LoRA',
  embedding: 'embedding',
  hypernetwork: 'hypernetwork',
  upscaler: 'upscaler',
  sam: 'Segment Anything',
  'grounding-dino': 'GroundingDINO',
};

/** What was found, a table for each kind, and below them the files that cannot be used. */
export function modelsTable({ checkpoints, models = [], unusable = [] }: Catalog): string {
  const first = checkpoints.map(({ name, family, nativeSize, bytes, hash }) => [
    ...[name, family, `${nativeSize}×${nativeSize}`],
    ...[sizeOf(bytes), hash ?? '–'],
  ]);
  const kinds = [...new Set(models.map(({ kind }) => kind))];
  const others = kinds.map((kind) =>
    table([
      [titles[kind], 'for', 'size', 'hash', 'also called, words'],
      ...models.filter((model) => model.kind === kind).map(modelRow),
    ]),
  );
  const refused = unusable.map(({ name, why }) => refusedLine(why, name));
  const all = [
    table([['checkpoint', 'family', 'trained at', 'size', 'hash'], ...first]),
    ...others,
    refused.join('\n'),
  ];
  return all.filter((part) => part !== '').join('\n\n');
}

/** Why a file is refused; words of the file's own are in it, and English as everything at the shell. */
const reasonOf = ({ code, details }: RefusalData): string => ('why' in details && details.why) || code;

/** @param name  to call it by where the refusal names none */
export function refusedLine(refusal: RefusalData, name: string): string {
  return `${{ file: name, ...refusal.details }.file} cannot be used: ${reasonOf(refusal)}`;
}

const sizeOf = (bytes: number | undefined) => (bytes === undefined ? '–' : shortBytes(bytes));

function modelRow({ name, family, bytes, hash, alias, words = [] }: ModelEntry): readonly string[] {
  return [
    name,
    family ?? '–',
    sizeOf(bytes),
    hash ?? '–',
    [...(alias ? [alias] : []), words.slice(0, 4).join(', ')].filter(Boolean).join(' · '),
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => cell.replace(/\p{Cc}+/gu, ' '))); // names and words are other people's
  const widths = shown[0]!.map((_, column) => Math.max(...shown.map((row) => cellsOf(row[column] ?? ''))));
  return shown
    .map((row) =>
      row
        .map((cell, i) => cell + ' '.repeat(widths[i]! - cellsOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Columns of a terminal: Chinese, Japanese and Korean characters, and pictograms, take two. */
function cellsOf(text: string): number {
  const wide = text.match(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]|\p{Emoji_Presentation}/gu,
  );
  return [...text].length + (wide?.length ?? 0);
}

/** One file described, a line for each thing known. */
export function inspectionTable(of: Inspection): string {
  const { checkpoint, hashes } = of;
  const lines: readonly (readonly [string, string])[] = [
    ['file', of.path],
    ['kind', of.kind === null ? 'unknown' : titles[of.kind]],
    ['unusable', of.refusal ? reasonOf(of.refusal) : ''],
    ['format', of.format],
    ['made for', of.family ?? '–'],
    ...(checkpoint ? checkpointLines(checkpoint) : []),
    ['tensors', `${of.tensors}, ${shortCount(of.parameters)} numbers`],
    ['dtypes', of.dtypes.map(({ dtype, bytes }) => `${dtype} ${shortBytes(bytes)}`).join(', ')],
    ['also called', of.alias ?? ''],
    ['words', of.words.join(', ')],
    ['hash', [hashes.short, hashes.old && `old ${hashes.old}`].filter(Boolean).join(', ')],
    ['SHA-256', hashes.sha256 ?? ''],
  ];
  return table(lines.filter(([, value]) => value !== ''));
}

function checkpointLines(c: NonNullable<Inspection['checkpoint']>): readonly (readonly [string, string])[] {
  const prediction = c.prediction === 'v' ? 'v' : 'epsilon';
  return [
    ['variant', c.variant],
    ['predicts', c.zeroTerminalSnr ? `${prediction}, zero terminal SNR` : prediction],
    ['trained at', `${c.nativeSize}×${c.nativeSize}`],
    ['holds', c.parts.join(', ')],
    ['lacks', c.missing.join(', ')],
  ];
}

/** `ok  VAE  soft.vae.pt` */
export function verdictLine({ path, kind, refusal, compared }: Verdict, modelsDir: string): string {
  const place = path.startsWith(modelsDir) ? path.slice(modelsDir.length + 1) : path;
  if (refusal === null) return `ok       ${titles[kind].padEnd(16)}  ${place}${compared ? '  (hash compared)' : ''}`;
  return `BROKEN   ${titles[kind].padEnd(16)}  ${place}: ${reasonOf(refusal)}`;
}

/** What `pull` knows by name. */
export function knownTable(models: readonly KnownModel[]): string {
  return table([
    ['name', 'goes to', 'what it is'],
    ...models.map(({ file, folder, about }) => [plainName(file), `${folder}/`, about]),
  ]);
}

/** 1.2 GB, 340 MB, 12 kB. */
export function shortBytes(bytes: number): string {
  const units = [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const;
  const [size, name] = units.find(([unit]) => bytes >= unit) ?? [1, 'bytes'];
  const shown = bytes / size;
  return `${shown >= 100 || size === 1 ? shown.toFixed(0) : shown.toPrecision(2)} ${name}`;
}

function shortCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toPrecision(3)} billion`;
  return count >= 1e6 ? `${(count / 1e6).toPrecision(3)} million` : `${count}`;
}
