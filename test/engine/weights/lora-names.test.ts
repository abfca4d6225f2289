import { expect, test } from 'vitest';
import { checkpointParts } from '../../../src/engine/weights/checkpoint-parts.ts';
import { loraFileOf } from '../../../src/engine/weights/lora-file.ts';
import { loraTargets } from '../../../src/engine/weights/lora-targets.ts';
import type { TensorEntry } from '../../../src/engine/weights/weights-file.ts';
import { readLayout } from '../../../src/golden/models/layouts.ts';

const entry = (name: string): TensorEntry => ({ name, dtype: 'F32', shape: [1], file: '/a', offset: 0, length: 4 });
const entries = (names: readonly string[]) => new Map(names.map((name) => [name, entry(name)]));

const unet = 'model.diffusion_model.';
const families = {
  sd1: { unet_sd15: unet, text_clip_l_hf: 'cond_stage_model.transformer.' },
  sd2: { unet_sd2: unet, text_openclip_h: 'cond_stage_model.model.' },
  sdxl: {
    ...{ unet_sdxl: unet, text_clip_l_hf: 'conditioner.embedders.0.transformer.' },
    text_openclip_bigg: 'conditioner.embedders.1.model.',
  },
} as const;

/** Of a full-size checkpoint. */
async function targetsOf(family: keyof typeof families) {
  const parts = Object.entries(families[family]).map(async ([layout, prefix]) => {
    return Object.keys(await readLayout('test/golden/models/layouts', layout)).map((name) => prefix + name);
  });
  const tensors = entries((await Promise.all(parts)).flat());
  return loraTargets(checkpointParts({ path: family, tensors, metadata: new Map() }), tensors.keys());
}

const down = 'down_blocks.0.attentions.1.transformer_blocks.0.attn1';
const ldm = 'input_blocks.2.1.transformer_blocks.0.attn1';

test.each([
  [`lora_unet_${down.replaceAll('.', '_')}_to_q`, 'lora_up.weight', 'lora_down.weight'],
  [`lora_unet_${ldm.replaceAll('.', '_')}_to_q`, 'lora_up.weight', 'lora_down.weight'],
  [`lycoris_${down.replaceAll('.', '_')}_to_q`, 'lora_up.weight', 'lora_down.weight'],
  [`unet.${down}.to_q`, 'lora_B.weight', 'lora_A.weight'],
  [`unet.${down}.to_q`, 'lora_B', 'lora_A'],
  [`unet.${down}.to_q`, 'lora.up.weight', 'lora.down.weight'],
  [`unet.${down}.to_q`, 'lora_linear_layer.up.weight', 'lora_linear_layer.down.weight'],
  [`unet.${down}.processor.to_q_lora`, 'up.weight', 'down.weight'],
  [`${down}.processor.to_q_lora`, 'up.weight', 'down.weight'],
  [`base_model.model.${down}.to_q`, 'lora_B.weight', 'lora_A.weight'],
  [`unet.base_model.model.${down}.to_q`, 'lora_B.default.weight', 'lora_A.default.weight'],
  [`diffusion_model.${ldm}.to_q`, 'lora_up.weight', 'lora_down.weight'],
  [`model.diffusion_model.${ldm}.to_q`, 'lora_B.weight', 'lora_A.weight'],
])('%s with %s is the layer it names', async (base, up, lower) => {
  const file = loraFileOf({ path: 'a', tensors: entries([`${base}.${up}`, `${base}.${lower}`]) });
  const [[name, parts] = ['', new Map()]] = file;
  expect([...parts.keys()]).toEqual(['lora_up.weight', 'lora_down.weight']);
  expect((await targetsOf('sd1')).get(name)).toEqual({
    weight: `model.diffusion_model.${ldm}.to_q.weight`,
    part: 'unet',
  });
});

test.each(['unet.', '', 'base_model.model.'])('to_out of 2023 after "%s" is to_out.0', async (start) => {
  const file = loraFileOf({ path: 'a', tensors: entries([`${start}${down}.processor.to_out_lora.up.weight`]) });
  const target = (await targetsOf('sd1')).get([...file.keys()][0]!);
  expect(target?.weight).toBe(`model.diffusion_model.${ldm}.to_out.0.weight`);
});

test.each([
  [
    'sd1',
    'text_encoder.text_model.encoder.layers.0.mlp.fc1',
    'cond_stage_model.transformer',
    'encoder.layers.0.mlp.fc1',
  ],
  [
    'sdxl',
    'text_encoders.clip_g.transformer.text_model.encoder.layers.0.self_attn.k_proj',
    'embedders.1.model',
    'resblocks.0.attn.in_proj_weight',
  ],
  ['sd1', 'text_model.encoder.layers.0.mlp.fc1', 'cond_stage_model.transformer', 'encoder.layers.0.mlp.fc1'],
  ['sd2', 'text_encoder.text_model.encoder.layers.0.mlp.fc1', 'cond_stage_model.model', 'resblocks.0.mlp.c_fc'],
  ['sdxl', 'text_encoder.text_model.encoder.layers.0.mlp.fc1', 'embedders.0.transformer', 'encoder.layers.0.mlp.fc1'],
  ['sdxl', 'text_encoder_2.text_model.encoder.layers.0.mlp.fc1', 'embedders.1.model', 'resblocks.0.mlp.c_fc'],
] as const)('text of %s: %s', async (family, base, place, layer) => {
  const target = (await targetsOf(family)).get(base);
  expect(target?.part).toBe('text');
  expect(target?.weight).toContain(place);
  expect(target?.weight).toContain(layer.endsWith('_weight') ? layer : `${layer}.weight`);
});

test("PEFT's learnt norms are DoRA's", () => {
  const names = ['lora_A.weight', 'lora_B.weight', 'lora_magnitude_vector.default.weight'];
  const file = loraFileOf({ path: 'a', tensors: entries(names.map((part) => `unet.${down}.to_q.${part}`)) });
  expect([...file.values()].map((parts) => [...parts.keys()])).toEqual([
    ['lora_down.weight', 'lora_up.weight', 'dora_scale'],
  ]);
});
