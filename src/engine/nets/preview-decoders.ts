import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Graph, Value } from '../graph/core.ts';
import type { Weights } from '../weights/weights.ts';

/**
 * TAESD's decoder: latents as the sampler has them [B, 4, h, w] → pixels [B, 3, 8h, 8w] in [0, 1], not clamped.
 * Its tensors are called by their place in a sequence. Source: madebyollin/taesd `Decoder`
 */
export function taesdDecoder(w: Weights): Graph {
  const g = graphBuilder('taesd decoder');
  const z = g.input('latent', 'F32', ['B', 4, 'h', 'w']);
  const clamped = g.scale(g.op('Tanh', [g.scale(z, 1 / 3)]), 3);
  let h = g.op('Relu', [g.conv2d(w.at('1'), clamped)]);
  for (const [blocks, after] of [
    [[3, 4, 5], 7],
    [[8, 9, 10], 12],
    [[13, 14, 15], 17],
  ] as const) {
    for (const block of blocks) h = taesdBlock(g, w.at(`${block}`), h);
    h = g.conv2d(w.at(`${after}`), g.upsampleNearest(h, 2));
  }
  g.output('pixels', g.conv2d(w.at('19'), taesdBlock(g, w.at('18'), h)));
  return g.finish();
}

function taesdBlock(g: GraphBuilder, w: Weights, x: Value): Value {
  const h = ['conv.0', 'conv.2'].reduce((value, name) => g.op('Relu', [g.conv2d(w.at(name), value)]), x);
  return g.op('Relu', [g.add(g.conv2d(w.at('conv.4'), h), x)]);
}

/**
 * A1111's small preview network: latents [B, 4, h, w] → pixels [B, 3, 2h, 2w] around [−1, 1].
 * Source: A1111 modules/sd_vae_approx.py `VAEApprox`
 */
export function approxDecoder(w: Weights): Graph {
  const g = graphBuilder('vae approx');
  const large = g.upsampleNearest(g.input('latent', 'F32', ['B', 4, 'h', 'w']), 2);
  let h = g.zeroPad(large, [2, 3], [11, 11], [11, 11]);
  for (let i = 1; i <= 8; i++)
    h = g.op('LeakyRelu', [g.conv2d(w.at(`conv${i}`), h, { pad: 0 })], { alpha: { float: 0.1 } });
  g.output('pixels', h);
  return g.finish();
}
