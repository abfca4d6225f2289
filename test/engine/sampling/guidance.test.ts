import { describe, expect, test } from 'vitest';
import { stableDiffusionAlphas } from '../../../src/engine/sampling/alphas.ts';
import type { Conditioning } from '../../../src/engine/sampling/conditioning.ts';
import { type GuidanceOptions, guidedDenoiser, type Network } from '../../../src/engine/sampling/guidance.ts';
import { sigmaPreconditioning } from '../../../src/engine/sampling/preconditioning.ts';
import { discreteSchedule } from '../../../src/engine/sampling/schedule.ts';
import { row, stack } from '../../../src/engine/tensor/rows.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

const context = (value: number, tokens = 1): Tensor => ({
  data: new Float32Array(tokens).fill(value),
  shape: [tokens, 1],
});
const always = (value: number, tokens = 1) => [{ endAt: 99, cond: context(value, tokens) }];
const x: Tensor = { data: new Float32Array(16), shape: [1, 4, 2, 2] };

/** Predicts the first value of the context everywhere, and remembers how many rows it was asked for. */
function valueNetwork() {
  const batches: number[] = [];
  const network: Network = async (input, _, contexts) => {
    batches.push(input.shape[0]!);
    return stack(
      Array.from({ length: input.shape[0]! }, (_, i) => ({
        data: new Float32Array(16).fill(row(contexts, i).data[0]!),
        shape: [4, 2, 2],
      })),
    );
  };
  return { network, batches };
}

function guide(conditioning: Conditioning, more: Partial<GuidanceOptions> = {}) {
  const { network, batches } = valueNetwork();
  const denoise = guidedDenoiser(network, {
    preconditioning: sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps'),
    conditioning: [conditioning],
    cfgScale: 7,
    totalSteps: 10,
    ...more,
  });
  return { denoise, batches };
}

const pair: Conditioning = { parts: [{ weight: 1, schedule: always(2) }], uncond: always(1) };

describe('guidance', () => {
  test('goes from the negative prompt past the prompt by the CFG scale', async () => {
    const { denoise } = guide(pair);
    expect((await denoise(x, 1)).guided.data[0]).toBe(-(1 + 7 * (2 - 1)));
  });

  test('adds the parts of AND with their weights', async () => {
    const parts = [
      { weight: 1, schedule: always(2) },
      { weight: -0.5, schedule: always(4) },
    ];
    const { denoise, batches } = guide({ parts, uncond: always(1) });
    expect((await denoise(x, 1)).guided.data[0]).toBe(-(1 + 7 * 1 - 7 * 0.5 * 3));
    expect(batches).toEqual([3]);
  });

  test('asks separately where prompt and negative prompt differ in length', async () => {
    const { denoise, batches } = guide({ ...pair, uncond: always(1, 2) });
    expect((await denoise(x, 1)).guided.data[0]).toBe(-8);
    expect(batches).toEqual([1, 1]);
  });

  test('saves the negative prompt at scale 1, below the minimum sigma and early on, when told to', async () => {
    const plain = guide(pair, { cfgScale: 1 });
    await plain.denoise(x, 1);
    const early = guide(pair, { skipEarlyCond: 0.1 });
    for (let i = 0; i < 3; i++) await early.denoise(x, 1);
    const below = guide(pair, { sMinUncond: 2 });
    for (const sigma of [3, 3, 1, 1]) await below.denoise(x, sigma);
    expect([plain.batches, early.batches, below.batches]).toEqual([[1], [1, 1, 2], [2, 2, 2, 1]]);
  });

  test('lays contexts side by side once, and again when a prompt changes', async () => {
    const seen: Tensor[] = [];
    const network: Network = async (input, _, contexts) => {
      seen.push(contexts);
      return { data: new Float32Array(input.data.length), shape: input.shape };
    };
    const schedule = [
      { endAt: 1, cond: context(2) },
      { endAt: 99, cond: context(4) },
    ];
    const denoise = guidedDenoiser(network, {
      preconditioning: sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps'),
      conditioning: [{ ...pair, parts: [{ weight: 1, schedule }] }],
      cfgScale: 7,
      totalSteps: 4,
    });
    for (let i = 0; i < 4; i++) await denoise(x, 1);
    expect(new Set(seen).size).toBe(2);
    expect(seen.map(({ data }) => Array.from(data))).toEqual([2, 2, 4, 4].map((value) => [value, 1]));
  });

  test('gives every row its picture, scaled, beside what the checkpoint sees of it', async () => {
    const inputs: Tensor[] = [];
    const network: Network = async (input) => {
      inputs.push({ ...input, data: input.data.slice() });
      return { data: new Float32Array(16 * input.shape[0]!), shape: [input.shape[0]!, 4, 2, 2] };
    };
    const imageConditioning = { data: new Float32Array(4).fill(9), shape: [1, 1, 2, 2] };
    const two = { data: Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? 2 : 4)), shape: [2, 4, 2, 2] };
    const denoise = guidedDenoiser(network, {
      preconditioning: sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps'),
      ...{ conditioning: [pair], cfgScale: 7, totalSteps: 2, imageConditioning },
    });
    await denoise(two, Math.sqrt(3)); // halves what the network is given
    await denoise({ ...two, data: two.data.map((v) => 2 * v) }, Math.sqrt(3));
    const firstOf = ({ data, shape }: Tensor) => Array.from({ length: shape[0]! }, (_, i) => data[20 * i]);
    const lastOf = ({ data, shape }: Tensor) => Array.from({ length: shape[0]! }, (_, i) => data[20 * i + 19]);
    expect(inputs.map(({ shape }) => shape)).toEqual([
      [4, 5, 2, 2],
      [4, 5, 2, 2],
    ]);
    expect(inputs.map((input) => firstOf(input).map((v) => Math.round(v! * 1e5) / 1e5))).toEqual([
      [1, 2, 1, 2],
      [2, 4, 2, 4],
    ]);
    expect(inputs.map(lastOf)).toEqual([
      [9, 9, 9, 9],
      [9, 9, 9, 9],
    ]);
  });

  test("tells the prompt's and the negative prompt's own answers when asked", async () => {
    const { denoise } = guide(pair);
    const { preview, uncond } = await denoise(x, 1);
    expect([preview().data[0], uncond().data[0]]).toEqual([-2, -1]);
  });

  test('follows prompt schedules call by call', async () => {
    const schedule = [
      { endAt: 1, cond: context(2) },
      { endAt: 9, cond: context(5) },
    ];
    const { denoise } = guide({ ...pair, parts: [{ weight: 1, schedule }] }, { cfgScale: 1 });
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push(-(await denoise(x, 1)).guided.data[0]!);
    expect(seen).toEqual([2, 2, 5, 5]);
  });

  test('a network that fails ends the call', async () => {
    const denoise = guidedDenoiser(() => Promise.reject(new RangeError('stop')), {
      preconditioning: sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), 'eps'),
      conditioning: [pair],
      cfgScale: 7,
      totalSteps: 1,
    });
    await expect(denoise(x, 1)).rejects.toThrow('stop');
  });
});
