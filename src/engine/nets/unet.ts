import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Graph, PatchMaker, Precision, Value } from '../graph/core.ts';
import type { Weights } from '../weights/weights.ts';
import { timestepEmbedding } from './embedding.ts';
import type { HypernetworkUse } from './hypernetwork.ts';
import { spatialTransformer } from './spatial-transformer.ts';

/** What the tensors of a U-Net cannot tell. */
export interface UnetOptions {
  /** Attention heads of a layer `channels` wide. */
  readonly headsAt: (channels: number) => number;
  /** By default float32. */
  readonly precision?: Precision;
  /** What it paints can be laid side by side with itself. */
  readonly tiling?: boolean;
  /** Attention is in float32 whatever the rest is, as SD2 needs it. */
  readonly attentionInFloat32?: boolean;
  /** How high and wide latents are for the most part; where there are two ways of working something out, the better one for two of them is taken. */
  readonly latentSide?: number;
  readonly patch?: PatchMaker<GraphBuilder>;
  /** Written into every attention. */
  readonly hypernetworks?: readonly HypernetworkUse[];
  /** Gives every weight a low-rank change that is fed. */
  readonly adapters?: boolean;
  /** Adds an output for every block, named as the block: `time_embed`, `input_blocks.0`, … */
  readonly trace?: boolean;
}

/** What flows through the U-Net besides the picture. */
interface Conditioning {
  readonly emb: Value; // [B, 4 · model_channels]
  readonly context: Value; // [B, T, context_dim]
  readonly headsAt: UnetOptions['headsAt'];
  readonly hypernetworks: readonly HypernetworkUse[];
  readonly attentionInFloat32: boolean;
  /** About how many pixels of one latent the layers work on. */
  readonly pixels: () => number;
  /** Told before anything works on another size: half or twice as high and wide. */
  readonly resized: (by: 0.5 | 2) => void;
}

const norm = { groups: 32, epsilon: 1e-5 };

/**
 * The U-Net of latent diffusion: x [B, C, H, W], timesteps [B] (may be fractional), context [B, T, D] and, where the
 * file has `label_emb`, y [B, A] → out [B, 4, H, W]. Its form is read off the tensors, block by block.
 * Source: CompVis ldm `openaimodel.UNetModel`; sizes of odd latents as A1111 modules/sd_hijack_unet.py
 */
export function unet(w: Weights, options: UnetOptions): Graph {
  const g = graphBuilder('unet', options);
  if (options.patch) g.patchWith(options.patch(g));
  const trace = (name: string, value: Value): Value => {
    if (options.trace) g.output(name, value);
    return value;
  };
  const inChannels = w.tensor('input_blocks.0.0.weight').shape[1]!;
  const x = g.input('x', 'F32', ['B', inChannels, 'H', 'W']);
  g.adaptAt(options.adapters ? 2 : null); // rows: one for each latent
  const emb = trace('time_embed', embedding(g, w));
  const context = g.input('context', 'F32', ['B', 'T', 'D']);
  const { headsAt, hypernetworks = [], attentionInFloat32 = false } = options;
  const conditioning = { emb, context, headsAt, hypernetworks, attentionInFloat32, ...sizeKeeper(g, options) };

  let h = x;
  const skips: Value[] = [];
  for (let i = 0; i < w.count('input_blocks'); i++) {
    h = trace(`input_blocks.${i}`, block(g, w.at(`input_blocks.${i}`), h, conditioning));
    skips.push(h);
  }
  if (w.has('middle_block')) h = block(g, w.at('middle_block'), h, conditioning);
  trace('middle_block', h);
  for (let i = 0; i < w.count('output_blocks'); i++) {
    const skip = skips.pop()!;
    const joined = g.concat([sizedAs(g, h, skip), skip], 1);
    h = trace(`output_blocks.${i}`, block(g, w.at(`output_blocks.${i}`), joined, conditioning));
  }
  g.output('out', g.conv2d(w.at('out.2'), g.silu(g.groupNorm(w.at('out.0'), h, norm))));
  return g.finish();
}

/** Keeps count of the pixels that the layers work on. */
function sizeKeeper(g: GraphBuilder, { adapters, latentSide }: UnetOptions): Pick<Conditioning, 'pixels' | 'resized'> {
  let side = latentSide ?? 0;
  const tell = () => g.adaptAt(adapters ? 2 * side * side : null);
  tell();
  return {
    pixels: () => side * side,
    resized: (by) => {
      side *= by;
      tell();
    },
  };
}

/** time_embed(timesteps) + label_emb(y) → [B, 4 · model_channels]. */
function embedding(g: GraphBuilder, w: Weights): Value {
  const twoLayers = (first: Weights, second: Weights, v: Value) => g.linear(second, g.silu(g.linear(first, v)));
  const channels = w.tensor('time_embed.0.weight').shape[1]!;
  // In float16 many timesteps would be the same.
  const time = g.inFloat32([], () => timestepEmbedding(g, g.input('timesteps', 'F32', ['B']), channels));
  const emb = twoLayers(w.at('time_embed.0'), w.at('time_embed.2'), time);
  if (!w.has('label_emb')) return emb;
  const y = g.input('y', 'F32', ['B', w.tensor('label_emb.0.0.weight').shape[1]!]);
  return g.add(emb, twoLayers(w.at('label_emb.0.0'), w.at('label_emb.0.2'), y));
}

/** The modules of a block in the order of their indices; each is known by the tensors it has. */
function block(g: GraphBuilder, w: Weights, x: Value, conditioning: Conditioning): Value {
  const { emb, resized } = conditioning;
  let h = x;
  for (let i = 0; w.has(`${i}`); i++) {
    const m = w.at(`${i}`);
    if (m.has('op')) resized(0.5);
    else if (m.has('conv')) resized(2);
    if (m.has('in_layers')) h = resBlock(g, m, h, emb);
    else if (m.has('transformer_blocks')) h = spatialTransformer(g, m, h, conditioning);
    else if (m.has('op')) h = g.conv2d(m.at('op'), h, { stride: 2 });
    else if (m.has('conv')) h = g.conv2d(m.at('conv'), g.upsampleNearest(h, 2));
    else h = g.conv2d(m, h);
  }
  return h;
}

/**
 * Residual block: GroupNorm → SiLU → Conv, twice, the time embedding added between.
 * x [B, C, H, W], emb [B, E] → [B, C′, H, W]. Source: CompVis ldm `ResBlock`
 */
function resBlock(g: GraphBuilder, w: Weights, x: Value, emb: Value): Value {
  const h = g.conv2d(w.at('in_layers.2'), g.silu(g.groupNorm(w.at('in_layers.0'), x, norm)));
  const t = g.linear(w.at('emb_layers.1'), g.silu(emb)); // [B, C′]
  const y = g.add(h, g.unsqueeze(t, [2, 3]));
  const out = g.conv2d(w.at('out_layers.3'), g.silu(g.groupNorm(w.at('out_layers.0'), y, norm)));
  return g.add(w.has('skip_connection') ? g.conv2d(w.at('skip_connection'), x) : x, out);
}

/**
 * Upsampling an odd size that was halved gives one row or column too many. A1111 resizes h to its skip by nearest,
 * which for n + 1 → n drops the last one: ⌊i (n + 1) / n⌋ = i for every i < n.
 */
function sizedAs(g: GraphBuilder, h: Value, skip: Value): Value {
  return g.slice(h, { starts: [0, 0], ends: g.shape(skip, 2, 4), axes: [2, 3] });
}
