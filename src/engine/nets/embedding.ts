import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/core.ts';

/**
 * Sinusoids of a number at `channels / 2` frequencies from 1 down to 1/10000, cosines first: values [B] → [B, channels].
 * Source: CompVis ldm `timestep_embedding`
 */
export function timestepEmbedding(g: GraphBuilder, values: Value, channels: number): Value {
  const half = channels / 2;
  // float32 step by step, as torch computes them
  const exponents = Float32Array.from(
    { length: half },
    (_, i) => Math.fround(Math.fround(-Math.log(10_000)) * i) / half,
  );
  const frequencies = Float32Array.from(exponents, Math.exp);
  const angles = g.mul(g.unsqueeze(values, [1]), g.floats(frequencies, [1, half]));
  return g.concat([g.cos(angles), g.sin(angles)], 1);
}
