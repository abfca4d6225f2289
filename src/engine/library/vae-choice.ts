import { basename, extname } from 'node:path';
import { closest } from '../../edit/names.ts';
import { Refusal } from '../../errors.ts';
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
