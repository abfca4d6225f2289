import { quoteInfotext } from '../../edit/infotext-text.ts';
import type { EditResult } from '../../edit/request.ts';
import type { JobRow } from '../../storage/index.ts';
import { type Desk, nameOf } from './desk.ts';
import { oneLine } from './plain-text.ts';

/** A1111 keeps keys it does not know. */
const KEY = 'Palimpsest authors';

/** `Ann, mask Bo, base Cy`: who made a picture, its mask, and what it was made from; each once. */
async function authorsOf(desk: Desk, { author, maskAuthor, parent }: JobRow): Promise<string> {
  const base = (await desk.storage.lineage.node(parent))?.author;
  const name = async (user: JobRow['author']) => oneLine(await nameOf(desk, user), 40);
  const others = [
    ...(maskAuthor !== null && maskAuthor !== author ? [`mask ${await name(maskAuthor)}`] : []),
    ...(base !== undefined && base !== author ? [`base ${await name(base)}`] : []),
  ];
  return [await name(author), ...others].join(', ');
}

/** The result with its authors in every infotext, in the files too, where the place asks for that. */
export async function credited(desk: Desk, row: JobRow, result: EditResult): Promise<EditResult> {
  if (!(await desk.storage.together.rules(row.place)).authors) return result;
  const { blobs } = desk.storage;
  const said = `, ${KEY}: ${quoteInfotext(await authorsOf(desk, row))}`;
  const inscribe = async (picture: EditResult['images'][number]) => {
    const infotext = picture.infotext + said;
    const image = await blobs.put(await desk.probe.inscribe(await blobs.get(picture.image), infotext));
    return { ...picture, infotext, image };
  };
  return { ...result, images: await Promise.all(result.images.map(inscribe)) };
}
