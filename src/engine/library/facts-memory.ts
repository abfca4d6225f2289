import { extname, join } from 'node:path';
import { openWeights } from '../weights/open-weights.ts';
import { readRecord, writeWhole } from './cache-file.ts';
import type { ModelFile } from './model-files.ts';
import { type NetworkFacts, networkFacts } from './network-facts.ts';

/** What LoRAs and textual inversions tell about themselves, read once for each version of a file. */
export interface FactsMemory {
  of(file: ModelFile): Promise<NetworkFacts>;
  /** Writes down what is new, for the next start. */
  save(): Promise<void>;
}

/** Another one whenever facts are read in another way. */
const making = '1';

interface Remembered {
  readonly version: string;
  readonly facts: NetworkFacts;
}

/**
 * A collection of thousands of files has headers of hundreds of megabytes.
 * @param cacheDir  where `models.json` is kept from one start to the next; without one nothing is. One that cannot be written only costs time
 */
export async function openFactsMemory(cacheDir?: string): Promise<FactsMemory> {
  const place = cacheDir === undefined ? undefined : join(cacheDir, 'models.json');
  const known = new Map(Object.entries(place ? await readRecord(place, isRemembered) : {}));
  let isNew = false;
  return {
    async of(file) {
      const version = `${making} ${file.version}`;
      const last = known.get(file.path);
      if (last?.version === version) return last.facts;
      const facts = await factsOf(file);
      if (!facts) return { words: [] };
      known.set(file.path, { version, facts });
      isNew = true;
      return facts;
    },
    async save() {
      if (!place || !isNew) return;
      isNew = false;
      await writeWhole(place, JSON.stringify(Object.fromEntries(known))).catch(() => {});
    },
  };
}

function isRemembered(value: unknown): value is Remembered {
  const { version, facts } = (value ?? {}) as Partial<Remembered>;
  return typeof version === 'string' && Array.isArray(facts?.words);
}

/** Of safetensors' headers only, for a pickle has no metadata and takes long. What cannot be read is refused when it is used. */
async function factsOf({ path, kind, fault }: ModelFile): Promise<NetworkFacts | undefined> {
  const tells = (kind === 'lora' || kind === 'embedding') && extname(path).toLowerCase() === '.safetensors';
  if (fault !== null || !tells) return undefined;
  return await openWeights(path).then(networkFacts, () => undefined);
}
