const residual: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

const single: Readonly<Record<string, string>> = {
  'input_blocks.0.0': 'conv_in',
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out',
};

/**
 * What diffusers, and LoRA trainers after it, call a layer of the U-Net.
 *
 * @param layer  in ldm's names, without `.weight`: `input_blocks.1.1.proj_in`
 * @param perLevel  residual blocks per level of the input blocks; the output blocks have one more
 * @returns undefined for what diffusers does not have
 * Source: diffusers `convert_original_stable_diffusion_to_diffusers.py`
 */
export function diffusersName(layer: string, perLevel: number): string | undefined {
  if (Object.hasOwn(single, layer)) return single[layer];
  const [, side, first, second, rest = ''] =
    /^(input_blocks|output_blocks|middle_block)\.(\d+)\.(?:(\d+)\.)?(.+)$/.exec(layer) ?? [];
  if (side === 'middle_block') return middleName(Number(first), second === undefined ? rest : `${second}.${rest}`);
  if (side === undefined || second === undefined) return undefined;
  const place = Number(first) - (side === 'input_blocks' ? 1 : 0);
  const [level, index] = [Math.floor(place / (perLevel + 1)), place % (perLevel + 1)];
  const blocks = side === 'input_blocks' ? `down_blocks.${level}` : `up_blocks.${level}`;
  if (rest === 'op') return `${blocks}.downsamplers.0.conv`;
  if (rest === 'conv') return `${blocks}.upsamplers.0.conv`;
  if (second !== '0') return `${blocks}.attentions.${index}.${rest}`;
  return residual[rest] && `${blocks}.resnets.${index}.${residual[rest]}`;
}

function middleName(index: number, rest: string): string | undefined {
  if (index === 1) return `mid_block.attentions.0.${rest}`;
  return residual[rest] && `mid_block.resnets.${index / 2}.${residual[rest]}`;
}
