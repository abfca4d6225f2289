import { basename, extname } from 'node:path';
import { closest } from '../../edit/names.ts';
import { Refusal } from '../../errors.ts';
import { openCheckpointFile } from '../weights/checkpoint-file.ts';
import type { FoundCheckpoint } from './checkpoints.ts';
import type { ModelFile } from './model-files.ts';

/** What stands for no file in the VAE setting: the rules of A1111, and the checkpoint's own. */
const automatic = 'automatic';
const none = 'none';

/**
 * The VAE file a checkpoint is used with; undefined for its own. What is asked for goes first, then what the checkpoint's owner noted, then a
 * file whose name begins like the checkpoint's.
 *
 * @param wanted  a VAE's file name with or without ending, `Automatic`, or `None`
 * @param noted  the VAE in the owner's notes about the checkpoint
 * @throws Refusal 'unknown-name'
 * Source: A1111 modules/sd_vae.py `resolve_vae`
 */
export function chooseVae(
  wanted: string,
  vaes: readonly ModelFile[],
  { path, noted }: { readonly path: string; readonly noted?: string | undefined },
): ModelFile | undefined {
  const usable = vaes.filter(({ fault }) => fault === null);
  const called = (name: string) => {
    const lower = name.toLowerCase();
    return usable.find((vae) => [vae.name, basename(vae.path)].some((own) => own.toLowerCase() === lower));
  };
  const asked = wanted.trim().toLowerCase();
  if (asked === none) return undefined;
  if (asked !== '' && asked !== automatic) {
    const found = called(asked);
    if (found) return found;
    const names = ['Automatic', 'None', ...usable.map(({ name }) => name)];
    throw new Refusal('unknown-name', { kind: 'VAE', given: wanted, nearest: closest(wanted, names) });
  }
  const byOwner = noted === undefined || noted.toLowerCase() === automatic ? undefined : noted;
  if (byOwner?.toLowerCase() === none) return undefined;
  const stem = basename(path, extname(path));
  return (byOwner && called(byOwner)) || usable.find((vae) => basename(vae.path).startsWith(stem));
}

/**
 * A VAE for a checkpoint that holds none. Files of SDXL and of the others have the same tensors, so their names must tell: those for SDXL have an
 * `xl` in them. What is made for other latents is passed over.
 */
export async function firstVaeFor(
  { entry }: Pick<FoundCheckpoint, 'entry'>,
  vaes: readonly ModelFile[],
): Promise<ModelFile | undefined> {
  const isXl = entry?.family === 'sdxl';
  const usable = vaes.filter(({ fault, name }) => fault === null && /xl/i.test(name) === isXl);
  for (const vae of usable) if (await hasFourChannels(vae.path)) return vae;
  return undefined;
}

async function hasFourChannels(path: string): Promise<boolean> {
  try {
    const { tensors } = await openCheckpointFile(path);
    const first = ['', 'first_stage_model.'].map((prefix) => tensors.get(`${prefix}decoder.conv_in.weight`));
    return first.some((entry) => entry?.shape[1] === 4);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
