import type { ModelFile } from './model-files.ts';

/** A LoRA file and the other name its trainer gave it. */
export interface LoraName extends ModelFile {
  /** `ss_output_name` of its metadata; its file name where there is none. */
  readonly alias: string;
}

/** Names no alias may be: they mean something else in a prompt. Source: A1111 extensions-builtin/Lora/networks.py */
const forbidden = ['none', 'addams'];

/** How LoRAs are called in `<lora:name:weight>`. */
export interface LoraNames {
  /** The LoRA a prompt means; capitals count, as in A1111. */
  find(name: string): LoraName | undefined;
  /** Whether a name is an alias that several files claim: then only file names work. */
  isAmbiguous(name: string): boolean;
  /** Every name that finds one, file names first. */
  readonly names: readonly string[];
}

/**
 * A1111's rules: a file's name and its alias both work, the last file of a name counts, and an alias that two files have (or that
 * means something else) finds nothing but a file of that very name.
 *
 * @param loras  in the order of `modelFiles`; those with a fault are passed over
 * Source: A1111 extensions-builtin/Lora/networks.py `list_available_networks`, `load_networks`
 */
export function loraNames(loras: readonly LoraName[]): LoraNames {
  const byName = new Map<string, LoraName>();
  const byAlias = new Map<string, LoraName>();
  const taken = new Set(forbidden);
  for (const lora of loras.filter(({ fault }) => fault === null)) {
    byName.set(lora.name, lora);
    if (byAlias.has(lora.alias)) taken.add(lora.alias.toLowerCase());
    byAlias.set(lora.name, lora);
    byAlias.set(lora.alias, lora);
  }
  const isAmbiguous = (name: string) => taken.has(name.toLowerCase());
  return {
    find: (name) => (isAmbiguous(name) ? byName : byAlias).get(name),
    isAmbiguous,
    names: [...new Set([...byName.keys(), ...[...byAlias.keys()].filter((alias) => !isAmbiguous(alias))])],
  };
}
