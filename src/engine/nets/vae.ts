import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Graph, Value } from '../graph/core.ts';
import type { Weights } from '../weights/weights.ts';

const norm = { groups: 32, epsilon: 1e-6 };

export interface VaeOptions {
  /** For pictures that can be laid side by side with themselves. */
  readonly tiling?: boolean;
}

/**
 * Encoder of the autoencoder: pixels [B, 3, H, W] in [−1, 1] → moments [B, 8, H/8, W/8]: mean, then log variance,
 * neither scaled nor clamped. Source: CompVis ldm `diffusionmodules.model.Encoder`
 */
export function vaeEncoder(w: Weights, options: VaeOptions = {}): Graph {
  const g = graphBuilder('vae encoder', options);
  const e = w.at('encoder');
  let h = g.conv2d(e.at('conv_in'), g.input('pixels', 'F32', ['B', 3, 'H', 'W']));
  for (let level = 0; level < e.count('down'); level++) {
    const down = e.at(`down.${level}`);
    for (let i = 0; i < down.count('block'); i++) h = resBlock(g, down.at(`block.${i}`), h);
    if (down.has('downsample')) {
      const padded = g.zeroPad(h, [2, 3], [0, 0], [1, 1]); // as ldm: below and on the right only
      h = g.conv2d(down.at('downsample.conv'), padded, { stride: 2, pad: 0 });
    }
  }
  h = g.conv2d(e.at('conv_out'), g.silu(g.groupNorm(e.at('norm_out'), middle(g, e.at('mid'), h), norm)));
  g.output('moments', w.has('quant_conv') ? g.conv2d(w.at('quant_conv'), h) : h);
  return g.finish();
}

/**
 * Decoder of the autoencoder: z [B, 4, h, w], not scaled → pixels [B, 3, 8h, 8w] around [−1, 1], not clamped.
 * Source: CompVis ldm `diffusionmodules.model.Decoder`
 */
export function vaeDecoder(w: Weights, options: VaeOptions = {}): Graph {
  const g = graphBuilder('vae decoder', options);
  const d = w.at('decoder');
  const z = g.input('z', 'F32', ['B', d.tensor('conv_in.weight').shape[1]!, 'h', 'w']);
  const latent = w.has('post_quant_conv') ? g.conv2d(w.at('post_quant_conv'), z) : z;
  let h = middle(g, d.at('mid'), g.conv2d(d.at('conv_in'), latent));
  for (let level = d.count('up') - 1; level >= 0; level--) {
    const up = d.at(`up.${level}`);
    for (let i = 0; i < up.count('block'); i++) h = resBlock(g, up.at(`block.${i}`), h);
    if (up.has('upsample')) h = g.conv2d(up.at('upsample.conv'), g.upsampleNearest(h, 2));
  }
  g.output('pixels', g.conv2d(d.at('conv_out'), g.silu(g.groupNorm(d.at('norm_out'), h, norm))));
  return g.finish();
}

/** GroupNorm → SiLU → Conv, twice, added to the input. x [B, C, H, W] → [B, C′, H, W]. Source: ldm `ResnetBlock` */
function resBlock(g: GraphBuilder, w: Weights, x: Value): Value {
  const h = g.conv2d(w.at('conv1'), g.silu(g.groupNorm(w.at('norm1'), x, norm)));
  const out = g.conv2d(w.at('conv2'), g.silu(g.groupNorm(w.at('norm2'), h, norm)));
  return g.add(w.has('nin_shortcut') ? g.conv2d(w.at('nin_shortcut'), x) : x, out);
}

function middle(g: GraphBuilder, w: Weights, x: Value): Value {
  const h = attentionBlock(g, w.at('attn_1'), resBlock(g, w.at('block_1'), x));
  return resBlock(g, w.at('block_2'), h);
}

/** Products q · k of a picture of 1024 × 1024. */
const products = (1024 / 8) ** 4;

/** Every pixel attends to every other, in one head as wide as the channels. x [B, C, H, W]. Source: ldm `AttnBlock` */
function attentionBlock(g: GraphBuilder, w: Weights, x: Value): Value {
  const channels = w.tensor('norm.weight').shape[0]!;
  const flat = g.reshape(g.groupNorm(w.at('norm'), x, norm), [0, channels, -1]);
  const tokens = g.transpose(flat, [0, 2, 1]); // [B, H · W, C]
  const [q, k, v] = ['q', 'k', 'v'].map((name) => g.linear(w.at(name), tokens)) as [Value, Value, Value];
  const out = g.linear(w.at('proj_out'), g.attention(q, k, v, { heads: 1, products }));
  return g.add(g.reshape(g.transpose(out, [0, 2, 1]), g.shape(x)), x);
}
