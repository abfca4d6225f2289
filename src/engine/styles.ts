import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closest } from '../edit/names.ts';
import { Refusal } from '../errors.ts';
import type { FindStyles, Style } from './pipeline/styles.ts';

/** Thousands of styles take less. */
const largestFile = 8 * 2 ** 20;

/** Where A1111 keeps its styles: in its own folder, above the models; a file beside the models goes first. */
const places = ['styles.csv', '../styles.csv'];

/** The styles in `styles.csv`, as the file is at that moment. @param modelsDir  the folder that holds `Stable-diffusion` */
export function stylesIn(modelsDir: string): { find: FindStyles; names(): Promise<readonly string[]> } {
  let last: { readonly version: string; readonly styles: readonly Style[] } | undefined;
  const look = async (): Promise<readonly Style[]> => {
    const files = places.map(async (place) => {
      const path = join(modelsDir, place);
      const found = await stat(path).catch(() => null);
      return found?.isFile() ? [{ path, size: found.size, version: `${path} ${found.size} ${found.mtimeMs}` }] : [];
    });
    const [file] = (await Promise.all(files)).flat();
    if (!file) return [];
    if (file.size > largestFile) throw new Refusal('weights-broken', { file: 'styles.csv', why: 'it is too large' });
    if (last?.version !== file.version) {
      last = { version: file.version, styles: parseStyles(await readFile(file.path, 'utf8')) };
    }
    return last.styles;
  };
  return {
    names: async () => (await look()).map(({ name }) => name),
    find: async (asked) => {
      const styles = await look();
      return asked.map((given) => {
        const lower = given.toLowerCase();
        const found =
          styles.find(({ name }) => name === given) ?? styles.find(({ name }) => name.toLowerCase() === lower);
        if (found) return found;
        const nearest = closest(
          given,
          styles.map(({ name }) => name),
        );
        throw new Refusal('unknown-name', { kind: 'style', given, nearest });
      });
    },
  };
}

/**
 * The styles of A1111's `styles.csv`: columns `name`, `prompt` (once `text`) and `negative_prompt`, in any order. Rows whose name begins with
 * `#` are headings between the others. Of two styles of a name the last counts.
 * Source: A1111 modules/styles.py `StyleDatabase.load_from_csv`
 */
export function parseStyles(csv: string): readonly Style[] {
  const [head = [], ...rows] = csvRows(csv.replace(/^\uFEFF/, ''));
  const at = (...names: readonly string[]) => head.findIndex((column) => names.includes(column));
  const [name, prompt, negative] = [at('name'), at('prompt', 'text'), at('negative_prompt')];
  if (name < 0 || prompt < 0) return [];
  const styles = rows.flatMap((row): Style[] => {
    const called = row[name] ?? '';
    if (called === '' || called.startsWith('#')) return [];
    return [{ name: called, prompt: row[prompt] ?? '', negativePrompt: row[negative] ?? '' }];
  });
  return [...new Map(styles.map((style) => [style.name, style])).values()];
}

/** A field: within quotes, which are doubled there and without which it reaches to the end, and what follows them; or plain. Then what ends it. */
const csvField = /(?:"([^"]*(?:""[^"]*)*)(?:"([^,\r\n]*)|$)|([^,\r\n]*))(,|\r?\n|\r|$)/y;

/**
 * Fields between commas, lines between rows; both may stand within quotes. As Python reads it: quotes that do not begin a field are letters.
 * Source: RFC 4180; CPython `_csv.c`
 */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  csvField.lastIndex = 0;
  while (csvField.lastIndex < text.length) {
    const [, quoted, tail = '', plain = '', end] = csvField.exec(text)!; // it can be empty, so it is always there
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"') + tail);
    if (end === ',' && csvField.lastIndex < text.length) continue;
    if (end === ',') row.push('');
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}
