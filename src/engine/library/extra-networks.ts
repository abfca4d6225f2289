import { openWeights } from '../weights/open-weights.ts';
import { type LoraName, type LoraNames, loraNames } from './lora-names.ts';
import { type ModelFile, modelFiles } from './model-files.ts';

/** What prompts may name: LoRAs, hypernetworks, textual inversions. */
export interface ExtraNetworks {
  /** By file name or `ss_output_name`, with A1111's rules. */
  readonly loras: LoraNames;
  /** By file name; as in A1111 the last of a name counts. `None` is never one. */
  readonly hypernetworks: ReadonlyMap<string, ModelFile>;
  /** By file name, which is what stands in a prompt; the first of a name counts. */
  readonly embeddings: ReadonlyMap<string, ModelFile>;
}

/**
 * A look at the folders, as they are now. Cheap enough for every edit: only the headers of new files are read.
 * @param modelsDir  the folder that holds `Lora/`, `embeddings/` and `hypernetworks/`
 */
export function openExtraNetworks(modelsDir: string): () => Promise<ExtraNetworks> {
  /** By version of the file. */
  const aliases = new Map<string, string>();
  return async () => {
    const [loras, hypernetworks, embeddings] = await Promise.all([
      modelFiles(modelsDir, 'lora'),
      modelFiles(modelsDir, 'hypernetwork'),
      modelFiles(modelsDir, 'embedding'),
    ]);
    const named: LoraName[] = [];
    for (const file of loras) {
      const version = `${file.path}\n${file.bytes}\n${file.modifiedMs}`;
      const alias = aliases.get(version) ?? (await aliasOf(file));
      aliases.set(version, alias);
      named.push({ ...file, alias });
    }
    return {
      loras: loraNames(named),
      hypernetworks: byName(hypernetworks.filter(({ name }) => name !== 'None')),
      embeddings: byName(embeddings.toReversed()),
    };
  };
}

/** The last of a name counts. */
function byName(files: readonly ModelFile[]): ReadonlyMap<string, ModelFile> {
  return new Map(files.filter(({ fault }) => fault === null).map((file) => [file.name, file]));
}

/** What its trainer called it; a file that cannot be read keeps its own name, and is refused when it is used. */
async function aliasOf({ path, name, fault }: ModelFile): Promise<string> {
  if (fault !== null || !path.toLowerCase().endsWith('.safetensors')) return name;
  try {
    return (await openWeights(path)).metadata.get('ss_output_name') || name;
  } catch {
    return name;
  }
}
