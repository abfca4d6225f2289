/** diffusers' names of the parts of a residual block of the U-Net, and ldm's. */
const residual: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

const single: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks.0.0',
  conv_norm_out: 'out.0',
  conv_out: 'out.2',
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  'add_embedding.linear_1': 'label_emb.0.0',
  'add_embedding.linear_2': 'label_emb.0.2',
  'class_embedding.linear_1': 'label_emb.0.0',
  'class_embedding.linear_2': 'label_emb.0.2',
};

/**
 * ldm's names of a U-Net's tensors, by diffusers'. What it does not know it leaves out.
 * @param names  diffusers' names of all tensors, without prefix: where an upsampling stands depends on the attentions beside it
 * Source: diffusers `convert_original_stable_diffusion_to_diffusers.py`
 */
export function ldmUnetNames(names: readonly string[]): ReadonlyMap<string, string> {
  const known = new Set(names);
  let perLevel = 0;
  while (known.has(`down_blocks.0.resnets.${perLevel}.conv1.weight`)) perLevel++;
  const attending = new Set(names.flatMap((name) => /^up_blocks\.(\d+)\.attentions\./.exec(name)?.[1] ?? []));
  const pairs = names.map((name) => {
    const [, layer = '', end = ''] = /^(.*)\.([^.]+)$/.exec(name) ?? [];
    const found = Object.hasOwn(single, layer) ? single[layer] : unetLayer(layer, perLevel, attending);
    return [name, found && `${found}.${end}`] as const;
  });
  return new Map(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

function unetLayer(layer: string, perLevel: number, attending: ReadonlySet<string>): string | undefined {
  const [, side, block = '0', kind, index = '0', rest = ''] =
    /^(down_blocks|up_blocks|mid_block)(?:\.(\d+))?\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(
      layer,
    ) ?? [];
  const inside = kind === 'resnets' ? residual[rest] : rest;
  if (side === undefined || inside === undefined) return undefined;
  const [b, i] = [Number(block), Number(index)];
  if (side === 'mid_block') return kind === 'resnets' ? `middle_block.${2 * i}.${inside}` : `middle_block.1.${inside}`;
  if (kind === 'downsamplers') return `input_blocks.${(b + 1) * (perLevel + 1)}.0.op`;
  if (kind === 'upsamplers')
    return `output_blocks.${b * (perLevel + 1) + perLevel}.${attending.has(block) ? 2 : 1}.conv`;
  const place =
    side === 'down_blocks' ? `input_blocks.${1 + b * (perLevel + 1) + i}` : `output_blocks.${b * (perLevel + 1) + i}`;
  return `${place}.${kind === 'resnets' ? 0 : 1}.${inside}`;
}

const attention: Readonly<Record<string, string>> = {
  group_norm: 'norm',
  to_q: 'q',
  to_k: 'k',
  to_v: 'v',
  'to_out.0': 'proj_out',
  query: 'q',
  key: 'k',
  value: 'v',
  proj_attn: 'proj_out',
};

/**
 * ldm's names of an autoencoder's tensors, by diffusers', whose decoder counts its levels from the other end.
 * Its attention weights are matrices there and 1 × 1 convolutions in ldm: the same numbers.
 * @param names  diffusers' names, without prefix
 */
export function ldmVaeNames(names: readonly string[]): ReadonlyMap<string, string> {
  const levels = new Set(names.flatMap((name) => /^decoder\.up_blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  return new Map(names.map((name) => [name, vaeTensor(name, levels)]));
}

function vaeTensor(name: string, levels: number): string {
  const plain = name.replace('.conv_shortcut.', '.nin_shortcut.').replace('.conv_norm_out.', '.norm_out.');
  const middle = /^(\w+)\.mid_block\.(resnets|attentions)\.(\d+)\.(.+)\.(\w+)$/.exec(plain);
  if (middle) {
    const [, side, kind, index, rest = '', end] = middle;
    if (kind === 'resnets') return `${side}.mid.block_${Number(index) + 1}.${rest}.${end}`;
    return `${side}.mid.attn_1.${attention[rest] ?? rest}.${end}`;
  }
  return plain
    .replace(/^encoder\.down_blocks\.(\d+)\.resnets\.(\d+)\./, 'encoder.down.$1.block.$2.')
    .replace(/^encoder\.down_blocks\.(\d+)\.downsamplers\.0\./, 'encoder.down.$1.downsample.')
    .replace(
      /^decoder\.up_blocks\.(\d+)\.resnets\.(\d+)\./,
      (_, b, i) => `decoder.up.${levels - 1 - Number(b)}.block.${i}.`,
    )
    .replace(/^decoder\.up_blocks\.(\d+)\.upsamplers\.0\./, (_, b) => `decoder.up.${levels - 1 - Number(b)}.upsample.`);
}
