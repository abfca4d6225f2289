import type { Params } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { MaskCheck } from '../../edit/probe.ts';
import type { MaskSource, UserId } from '../../edit/request.ts';
import type { Size } from '../../edit/size.ts';
import { Refusal } from '../../errors.ts';
import type { Desk } from './desk.ts';
import type { RemoteFile, Speaker } from './platform.ts';
import { fetchFile, type Source } from './source.ts';

/** Share of black and white pixels from which a second picture is a mask. */
const BLACK_AND_WHITE = 0.98;
/** Aspects may differ by this much. */
const ASPECT = 0.01;

/** A picture that has been recognised as a mask. */
export interface FoundMask {
  readonly bytes: Uint8Array;
  readonly check: MaskCheck;
  /** Painted over the picture a moment ago: its author has seen it. */
  readonly isPainted: boolean;
}

/** Which files are the picture, its mask and what was painted over it, and which are left over. */
export interface Sorted {
  readonly file: RemoteFile | undefined;
  readonly mask: FoundMask | undefined;
  readonly sketch: RemoteFile | undefined;
  /** Further pictures that are neither mask nor sketch. */
  readonly others: readonly RemoteFile[];
}

async function look(desk: Desk, file: RemoteFile): Promise<FoundMask> {
  const bytes = await fetchFile(desk, file);
  return { bytes, check: await desk.probe.checkMask(bytes), isPainted: file.isPainted ?? false };
}

/** A file that is a mask or a sketch, as what its pixels say. */
async function namedMarkup(desk: Desk, file: RemoteFile): Promise<RemoteFile> {
  const bytes = await fetchFile(desk, file);
  const { blackAndWhite } = await desk.probe.checkMask(bytes);
  const role = blackAndWhite >= BLACK_AND_WHITE ? 'mask' : 'sketch';
  return { ...file, role, download: async () => bytes };
}

/**
 * Tells picture and mask apart. A file sent as a mask is one; so is the second picture, or the only one in reply to a picture of
 * ours, when it is black and white or its caption says so. A file sent as a sketch is one, and so is a picture in reply to one of
 * ours when its caption says so.
 */
export async function sortFiles(
  desk: Desk,
  all: readonly RemoteFile[],
  hints: { readonly saysMask: boolean; readonly saysSketch: boolean; readonly repliesToPicture: boolean },
): Promise<Sorted> {
  const files = await Promise.all(all.map((file) => (file.role === 'markup' ? namedMarkup(desk, file) : file)));
  const given = files.find((file) => file.role === 'mask');
  const [first, ...others] = files.filter((file) => file.role === 'image');
  const [second] = others;
  const none = { mask: undefined, sketch: undefined, others: [] };
  const drawn = files.find((file) => file.role === 'sketch');
  if (drawn) return { ...none, file: first, sketch: drawn, mask: given && (await look(desk, given)) };
  if (given) return { ...none, file: first, mask: await look(desk, given) };
  if (hints.saysSketch && hints.repliesToPicture) return { ...none, file: undefined, sketch: first };
  const candidate = second ?? (hints.repliesToPicture ? first : undefined);
  if (!candidate) return { ...none, file: first };
  const mask = await look(desk, candidate);
  const isMask = hints.saysMask || mask.check.blackAndWhite >= BLACK_AND_WHITE;
  if (!isMask) return { ...none, file: first, others };
  return { ...none, file: second ? first : undefined, mask };
}

const inWords = ({ width, height }: Size) => `${width}×${height}`;

/**
 * What the mask makes of the edit: the mask for the engine, or null with `isFull` when it covers everything.
 * @throws Refusal 'mask-size', 'mask-empty'
 */
export async function placeMask(
  desk: Desk,
  { bytes, check }: FoundMask,
  image: Size,
  params: Pick<Params, 'maskMode' | 'maskRound'>,
): Promise<{ readonly mask: MaskSource | null; readonly isFull: boolean }> {
  const aspect = (size: Size) => size.width / size.height;
  if (Math.abs(aspect(check.size) / aspect(image) - 1) > ASPECT) {
    throw new Refusal('mask-size', { mask: inWords(check.size), image: inWords(image) });
  }
  const covered = params.maskMode === 'inpaint masked' ? check.covered : 1 - check.covered;
  if (covered <= 0 && params.maskRound) throw new Refusal('mask-empty', {});
  if (covered >= 1 && params.maskRound) return { mask: null, isFull: true };
  const blob = await desk.storage.blobs.put(bytes);
  return { mask: { kind: 'image', blob, read: 'auto' }, isFull: false };
}

/** The mask of an edit that needs one though none was sent: the picture's own transparency. @throws Refusal 'no-mask' */
export async function ownMask(desk: Desk, source: Source): Promise<MaskSource> {
  const transparent =
    source.kind === 'upload'
      ? source.upload.transparent
      : (await desk.probe.probe(await desk.storage.blobs.get(source.node.image.ref))).transparent;
  if (!transparent) throw new Refusal('no-mask', {});
  return { kind: 'alpha' };
}

/** The mask a picture was made with, for use on the picture itself, and who drew it. @throws Refusal 'no-mask' */
export function maskOfNode(
  node: LineageNode,
  speaker: Speaker,
): { readonly mask: MaskSource; readonly author: UserId } {
  const mask = node.task?.request.mask;
  if (mask?.kind !== 'image') throw new Refusal('no-mask', {});
  return { mask, author: node.maskAuthor ?? speaker.user };
}
