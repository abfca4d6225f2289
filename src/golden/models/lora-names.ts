import { join } from 'node:path';
import { checkpointParts } from '../../engine/weights/checkpoint-parts.ts';
import { type LoraTarget, loraTargets } from '../../engine/weights/lora-targets.ts';
import { attempt, type Check } from '../compare.ts';
import { mismatch, readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { layoutEntries, readLayout } from './layouts.ts';

const unetPrefix = 'model.diffusion_model.';

/** Layouts and prefixes of full-size checkpoints. */
const families: Readonly<Record<string, readonly (readonly [layout: string, prefix: string])[]>> = {
  sd1: [
    ['unet_sd15', unetPrefix],
    ['text_clip_l_hf', 'cond_stage_model.transformer.'],
  ],
  sd2: [
    ['unet_sd2', unetPrefix],
    ['text_openclip_h', 'cond_stage_model.model.'],
  ],
  sdxl: [
    ['unet_sdxl', unetPrefix],
    ['text_clip_l_hf', 'conditioner.embedders.0.transformer.'],
    ['text_openclip_bigg', 'conditioner.embedders.1.model.'],
  ],
};

/** Which layer every entry of a LoRA means (`lora/key_map_*.json`; `layouts/` lies beside `lora/`). */
export async function* loraNameCases(dir: string): AsyncIterable<GoldenOutcome> {
  const area = 'models/lora';
  const layouts = join(dir, '..', 'layouts');
  yield attempt(area, 'key_map_sd1_unet', async () => {
    const map = await readJson<Record<string, string>>(dir, 'key_map_sd1_unet.json');
    return unetChecks(await targetsOf(layouts, 'sd1'), Object.entries(map));
  });
  yield attempt(area, 'key_map_sdxl_unet', async () => {
    const { rows } = await readJson<{ rows: [string, string, string | null][] }>(dir, 'key_map_sdxl_unet.json');
    return unetChecks(
      await targetsOf(layouts, 'sdxl'),
      rows.map(([base, weight]) => [base, weight]),
    );
  });
  yield attempt(area, 'key_map_text_a1111', async () => {
    const rows = await readJson<[string, string, string][]>(dir, 'key_map_text_a1111.json');
    const checks: Check[] = [];
    for (const family of new Set(rows.map(([name]) => name))) {
      const targets = await targetsOf(layouts, family);
      for (const [, base, layer] of rows.filter(([name]) => name === family)) {
        checks.push([base, mismatch(flattened(targets.get(base)), layer), 0]);
      }
    }
    return checks;
  });
}

async function targetsOf(layouts: string, family: string): Promise<Map<string, LoraTarget>> {
  const components = families[family];
  if (!components) throw new RangeError(`no layouts for ${family}`);
  const shapes = components.map(async ([layout, prefix]) => {
    return Object.entries(await readLayout(layouts, layout)).map(([name, shape]) => [prefix + name, shape] as const);
  });
  const entries = layoutEntries(Object.fromEntries((await Promise.all(shapes)).flat()));
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  return loraTargets(checkpointParts({ path: family, tensors, metadata: new Map() }), tensors.keys());
}

function unetChecks(targets: ReadonlyMap<string, LoraTarget>, rows: readonly (readonly [string, string])[]): Check[] {
  return rows.map(([base, weight]) => [base, mismatch(targets.get(base)?.weight, unetPrefix + weight), 0]);
}

/** A1111's name of a text encoder's layer: dots become underscores, thirds of a stacked weight get their own name. */
function flattened(target: LoraTarget | undefined): string | undefined {
  if (!target) return undefined;
  const projection = ['q_proj', 'k_proj', 'v_proj'][target.third ?? -1];
  const layer = target.weight.replace('.in_proj_weight', `.${projection}`).replace(/\.weight$/, '');
  return layer.replace(/^(cond_stage_model|conditioner\.embedders)\./, '').replaceAll('.', '_');
}
