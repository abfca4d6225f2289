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

type UnetTable =
  | Readonly<Record<string, string>>
  | { readonly rows: readonly (readonly [base: string, weight: string])[] };
type TextTable = readonly (readonly [family: string, base: string, layer: string])[];

/**
 * Which layer every entry of a LoRA means, by a table (`lora/key_map_*.json`; `layouts/` lies beside `lora/`): of layers of text encoders, each
 * with its family, or of a U-Net, whose family the file's name tells: `key_map_sdxl_unet.json`.
 */
export function loraNameCase(dir: string, file: string): Promise<GoldenOutcome> {
  const name = file.replace('.json', '');
  const layouts = join(dir, '..', 'layouts');
  return attempt('models/lora', name, async () => {
    const table = await readJson<UnetTable | TextTable>(dir, file);
    if (isTextTable(table)) return textChecks(layouts, table);
    const rows = 'rows' in table && Array.isArray(table.rows) ? table.rows : Object.entries(table);
    return unetChecks(await targetsOf(layouts, name.split('_')[2] ?? ''), rows);
  });
}

const isTextTable = (table: UnetTable | TextTable): table is TextTable => Array.isArray(table);

async function textChecks(layouts: string, rows: TextTable): Promise<Check[]> {
  const checks: Check[] = [];
  for (const family of new Set(rows.map(([name]) => name))) {
    const targets = await targetsOf(layouts, family);
    for (const [, base, layer] of rows.filter(([name]) => name === family)) {
      checks.push([base, mismatch(flattened(targets.get(base)), layer), 0]);
    }
  }
  return checks;
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
