import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ModelKind, modelKinds } from '../../edit/index.ts';
import { findModelFile, inspectModel, openLibrary, shelves, verifyModels } from '../../engine/index.ts';
import { Refusal, refusalData } from '../../errors.ts';
import type { Screen } from '../progress-bar.ts';
import { knownModel, knownModels, plainName } from './known-models.ts';
import { pull } from './pull.ts';
import { pullBar } from './pull-bar.ts';
import { inspectionTable, knownTable, modelsTable, refusedLine, verdictLine } from './tables.ts';

export interface ModelsTools {
  readonly modelsDir: string;
  readonly builtinModel: string;
  readonly cacheDir: string;
  /** A line of the answer. */
  say(text: string): void;
  /** Where progress is drawn. */
  readonly screen: Screen;
}

const usage = `palimpsest models list            what was found
palimpsest models info FILE       what a file is: family, parts, dtypes, hashes, trigger words
palimpsest models verify          check every file, and its hash where it is known
palimpsest models pull            what can be fetched by name
palimpsest models pull NAME       fetch it, or go on where that stopped
palimpsest models pull URL --kind lora [--name FILE]
  --json                          the answer as JSON`;

interface Given {
  readonly json: boolean;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

/** @returns whether all is well. @throws Error with a sentence, Refusal */
export async function modelsCommand(words: readonly string[], tools: ModelsTools): Promise<boolean> {
  const { positionals, values } = parsed(words);
  const [command = 'list', what, ...more] = positionals;
  if (more.length > 0) throw new Error(usage);
  if (command === 'list' && what === undefined) await list(values, tools);
  else if (command === 'info' && what !== undefined) await info(what, values, tools);
  else if (command === 'pull') await fetchModel(what, values, tools);
  else if (command === 'verify' && what === undefined) return await verify(values, tools);
  else throw new Error(usage);
  return true;
}

function parsed(words: readonly string[]): { readonly positionals: readonly string[]; readonly values: Given } {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      kind: { type: 'string' },
      name: { type: 'string' },
    } as const;
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`);
  }
}

const asJson = (value: unknown) => JSON.stringify(value, null, 2);

async function list({ json }: Given, tools: ModelsTools): Promise<void> {
  const catalog = await (await openLibrary(tools)).catalog();
  tools.say(json ? asJson(catalog) : modelsTable(catalog));
}

async function info(given: string, { json }: Given, tools: ModelsTools): Promise<void> {
  const { modelsDir, builtinModel } = tools;
  const { hashes } = await openLibrary(tools);
  const isBuiltin = given === plainName(builtinModel.slice(builtinModel.lastIndexOf('/') + 1));
  const path = isBuiltin ? builtinModel : await findModelFile(modelsDir, given);
  const inspection = await inspectModel(resolve(path), { modelsDir, hashes, hash: true }).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw new Error(refusedLine(refusalData(error), given));
  });
  tools.say(json ? asJson(inspection) : inspectionTable(inspection));
}

async function verify({ json }: Given, tools: ModelsTools): Promise<boolean> {
  const { hashes } = await openLibrary(tools);
  const verdicts = [];
  const expected = (file: string) => knownModel(file)?.sha256;
  for await (const verdict of verifyModels(tools.modelsDir, hashes, expected)) {
    verdicts.push(verdict);
    if (!json) tools.say(verdictLine(verdict, tools.modelsDir));
  }
  const broken = verdicts.filter(({ refusal }) => refusal !== null).length;
  tools.say(json ? asJson(verdicts) : `${verdicts.length} files, ${broken} broken`);
  return broken === 0;
}

async function fetchModel(what: string | undefined, given: Given, tools: ModelsTools): Promise<void> {
  const { json } = given;
  if (what === undefined) {
    tools.say(json ? asJson(knownModels) : knownTable(knownModels));
    return;
  }
  const { folder, file, kind, ...source } = sourceOf(what, given);
  const { modelsDir } = tools;
  const path = join(modelsDir, folder, file);
  const { hashes } = await openLibrary(tools);
  const bar = pullBar(tools.screen, file);
  const check = async (part: string) => {
    const { tensors } = await inspectModel(part, { modelsDir, hashes, hash: false });
    if (tensors === 0) throw new Error('it holds no tensors');
  };
  try {
    await pull({ ...source, path }, { report: bar.show, check });
  } finally {
    bar.end();
  }
  const { refusal } = await inspectModel(path, { modelsDir, hashes, hash: false }); // another kind than was said, say
  if (json) tools.say(asJson({ kind, path, refusal }));
  else tools.say([`→ ${path}`, ...(refusal ? [refusedLine(refusal, file)] : [])].join('\n'));
}

interface Source {
  readonly url: string;
  readonly sha256?: string | undefined;
  readonly kind: ModelKind;
  readonly folder: string;
  readonly file: string;
}

/** @throws Refusal 'unknown-name'; Error for an address without what is needed to put the file somewhere */
function sourceOf(what: string, { kind, name }: Given): Source {
  const known = knownModel(what);
  if (known) return known;
  if (!what.includes('://')) {
    const nearest = knownModels.map(({ file }) => plainName(file)).filter((file) => file.includes(what));
    throw new Refusal('unknown-name', { kind: 'model to fetch', given: what, nearest: nearest.slice(0, 3) });
  }
  const shelf = modelKinds.find((candidate) => candidate === kind);
  if (!shelf) throw new Error(`What is it? Add --kind ${modelKinds.join(' | ')}.`);
  const { folders, endings } = shelves[shelf];
  const file = safeName(name ?? lastSegment(what));
  if (!endings.some((ending) => file.toLowerCase().endsWith(ending))) {
    throw new Error(`What shall the file be called? Add --name FILE with the ending ${endings.join(', ')}.`);
  }
  return { url: what, kind: shelf, folder: folders[0]!, file };
}

function lastSegment(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** Stays in its folder and is visible there, on every system. */
function safeName(name: string): string {
  return name.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_').replace(/^\.+/, '');
}
