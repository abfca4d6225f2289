import type { RawFile } from 'discord.js';
import type { BlobStore } from '../../edit/blob.ts';
import { type Card, type CardImage, DeliveryError } from '../core/platform.ts';
import { isTooBig } from './api.ts';
import type { Shown } from './render.ts';
import { cut } from './text.ts';

/** Bytes of one file anywhere, and of a whole request. Source: discord.com/developers/docs/reference, "Uploading Files". */
export const fileLimit = 10 * 1024 * 1024;
const requestLimit = 25 * 1024 * 1024;
/** Left for the form around the bytes. */
const margin = 64 * 1024;
/** How often an upload that is refused as too big is tried smaller. */
const stepsDown = 3;

/** A smaller picture with the same content; what fits comes back as it is. */
export type Fit = (
  bytes: Uint8Array,
  limit: number,
) => Promise<{ readonly bytes: Uint8Array; readonly ending: string }>;

/** Where the bytes of pictures come from. */
export interface Materials {
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly fit: Fit;
}

/** What a message carries: its files, what is said of them in the body, and how they are shown. */
export interface Cargo {
  readonly files: readonly RawFile[];
  readonly attachments: readonly { readonly id: string; readonly filename: string; readonly description: string }[];
  readonly shown: readonly Shown[];
}

/**
 * Sends a card's pictures, smaller if need be: as they are if they fit, and smaller step by step while Discord calls them too big.
 * @param limit  bytes of one file
 * @throws DeliveryError 'too-big' where that does not help, or a picture must arrive byte for byte
 */
export async function withPictures<T>(
  materials: Materials,
  { images }: Card,
  limit: number,
  send: (cargo: Cargo) => Promise<T>,
): Promise<T> {
  const share = Math.floor(requestLimit / Math.max(1, images.length));
  let most = Math.min(limit, share) - margin;
  for (let step = 0; ; step += 1) {
    try {
      return await send(await cargoOf(materials, images, most));
    } catch (error) {
      if (!isTooBig(error) || images.length === 0 || step >= stepsDown) throw error;
      most = Math.floor(most / 2);
    }
  }
}

async function cargoOf(materials: Materials, images: readonly CardImage[], limit: number): Promise<Cargo> {
  const files = apart(await Promise.all(images.map((image) => fileOf(materials, image, limit))));
  return {
    files,
    attachments: files.map(({ name }, at) => ({
      id: String(at),
      filename: name,
      description: cut(images[at]!.description, 1024),
    })),
    shown: files.map(({ name }, at) => ({
      name,
      description: images[at]!.description,
      asFile: images[at]!.original === true,
    })),
  };
}

/** A body refers to files by their names: of one that is there already the second is called otherwise. */
function apart(files: readonly RawFile[]): readonly RawFile[] {
  return files.map((file, at) => {
    const isTaken = files.slice(0, at).some(({ name }) => name === file.name);
    return isTaken ? { ...file, name: file.name.replace(/(\.[^.]*)?$/, `_${at + 1}$1`) } : file;
  });
}

async function fileOf(materials: Materials, image: CardImage, limit: number): Promise<RawFile> {
  const { source, name } = image;
  const whole = typeof source === 'string' ? await materials.blobs.get(source) : source;
  if (whole.length <= limit) return { data: whole, name };
  if (image.original) throw new DeliveryError('too-big', null);
  const { bytes, ending } = await materials.fit(whole, limit);
  return { data: bytes, name: name.replace(/\.[^.]*$/, `.${ending}`) };
}
