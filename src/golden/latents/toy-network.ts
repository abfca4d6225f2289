import type { Conditioning } from '../../engine/sampling/conditioning.ts';
import type { Network } from '../../engine/sampling/guidance.ts';
import { concatRows, row, rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';

/** The stand-in for a U-Net in the img2img goldens, and what it was asked: eps = tanh(0.03 + 2.6·t/1000)·x + 0.02·c. */
export interface ToyNetwork {
  readonly network: Network;
  /** First row of the input, and the timestep, of every call. */
  readonly asked: { readonly input: Tensor; readonly t: number }[];
}

/** A fresh toy network; c is the one value its context holds. */
export function toyNetwork(): ToyNetwork {
  const asked: ToyNetwork['asked'] = [];
  const network: Network = async (x, timesteps, context) => {
    const { data, shape } = rows(x, 0, 1);
    asked.push({ input: { data: data.slice(), shape }, t: timesteps[0]! });
    const answers = timesteps.map((t, i) => {
      const [gain, c] = [Math.tanh(0.03 + (2.6 * t) / 1000), row(context, i).data[0]!];
      const own = rows(x, i, i + 1);
      return { ...own, data: own.data.map((v) => gain * v + 0.02 * c) };
    });
    return concatRows(answers);
  };
  return { network, asked };
}

/** The two prompts of the toy network's runs. */
export const toyConditioning: Conditioning = {
  parts: [{ weight: 1, schedule: [{ endAt: 1000, cond: { data: Float32Array.of(0.5), shape: [1, 1] } }] }],
  uncond: [{ endAt: 1000, cond: { data: Float32Array.of(-0.25), shape: [1, 1] } }],
};
