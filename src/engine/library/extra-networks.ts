import type { FactsMemory } from './facts-memory.ts';
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
 * @param facts  tell the names that trainers gave their LoRAs
 */
export function openExtraNetworks(modelsDir: string, facts: Pick<FactsMemory, 'of'>): () => Promise<ExtraNetworks> {
  return async () => {
    const [loras, hypernetworks, embeddings] = await Promise.all([
      modelFiles(modelsDir, 'lora'),
      modelFiles(modelsDir, 'hypernetwork'),
      modelFiles(modelsDir, 'embedding'),
    ]);
    const named: LoraName[] = [];
    for (const file of loras) named.push({ ...file, alias: (await facts.of(file)).alias ?? file.name });
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
