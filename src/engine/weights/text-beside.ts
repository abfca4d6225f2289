import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';

/** What people write down about a model takes some kilobytes, the list of tags of a large collection a megabyte. */
export const longestText = 8e6;

/**
 * The text that lies beside a model file, called like it but for its ending; '' for whatever cannot be read as one: there rarely is any.
 * @param ending  with its dot
 */
export async function textBeside(path: string, ending: string): Promise<string> {
  const beside = `${path.slice(0, path.length - extname(path).length)}${ending}`;
  const found = await stat(beside).catch(() => null);
  const isText = found?.isFile() && found.size <= longestText;
  return isText ? await readFile(beside, 'utf8').catch(() => '') : '';
}
