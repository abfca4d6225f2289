import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplerNames } from '../../../src/edit/choices.ts';
import { defaultParams, type Params } from '../../../src/edit/fields.ts';
import { type NoisePool, openNoisePool } from '../../../src/engine/noise/noise-pool.ts';
import { paint } from '../../../src/engine/pipeline/paint.ts';
import { stableDiffusionAlphas } from '../../../src/engine/sampling/alphas.ts';
import { img2imgSteps } from '../../../src/engine/sampling/img2img-steps.ts';
import { planImg2img } from '../../../src/engine/sampling/plan.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

const threadNamed = (name: string) => new URL(`../../support/${name}-noise-thread.ts`, import.meta.url);
/** As few bytes as one draw may have: threads wait for every slot. */
const small = { threads: 2, worthwhile: 0, waitingBytes: 1 } as const;

const text: Tensor = { data: new Float32Array(8), shape: [1, 8] };
const always = [{ endAt: 1000, cond: text }];
/** Takes its time, so that threads have some. */
const network = async (x: Tensor) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return { data: x.data.map((v) => Math.tanh(0.7 * v)), shape: x.shape };
};

interface Asked extends Partial<Params> {
  readonly pool?: NoisePool;
  /** Ends the run with an error at this model call. */
  readonly failAt?: number;
}

/** Three pictures of [4, 6, 5] latents, varied, through the real pipeline. */
async function painted({ pool, failAt, ...given }: Asked): Promise<Float32Array> {
  const params = { ...defaultParams, steps: 8, denoisingStrength: 1, seed: 1, subseed: 1, ...given };
  const plan = planImg2img(stableDiffusionAlphas(), params, img2imgSteps(params.steps, 1, false));
  const init = { data: Float32Array.from({ length: 360 }, (_, i) => Math.sin(i)), shape: [3, 4, 6, 5] };
  const batch = { init, nmask: null, imageConditioning: null, seeds: [1, 2, 3], subseeds: [4, 5, 6] };
  const conditioning = { parts: [{ weight: 1, schedule: always }], uncond: always };
  let calls = 0;
  const onCall = async () => {
    if (++calls === failAt) throw new Error('cancelled');
  };
  const painting = { network, prediction: 'eps', params, plan, conditioning, onCall, ...(pool && { pool }) } as const;
  return (await paint(painting, batch)).data;
}

/** Paints until a picture shows the noise of the pool's threads. */
async function untilDrawnAhead(pool: NoisePool, given: Partial<Params>): Promise<void> {
  const plain = Buffer.from((await painted(given)).buffer);
  while (plain.equals(Buffer.from((await painted({ ...given, pool })).buffer))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('noise drawn ahead', () => {
  let pool: NoisePool;
  beforeAll(async () => {
    pool = openNoisePool({ ...small, thread: threadNamed('announcing') });
    const channel = new BroadcastChannel('noise threads');
    let up = 0;
    const all = new Promise<void>((resolve) => {
      channel.onmessage = () => ++up === small.threads && resolve();
    });
    expect(await painted({ pool, sampler: 'Euler a' })).toEqual(await painted({ sampler: 'Euler a' })); // before they are up
    await all;
    channel.close();
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  test.each(samplerNames.flatMap((sampler) => (['CPU', 'NV'] as const).map((source) => [sampler, source] as const)))(
    'is the noise of %s, source %s, with variations, ENSD and churn',
    async (sampler, randnSource) => {
      const tuned = { sampler, randnSource, subseedStrength: 0.3, etaNoiseSeedDelta: 31337, sChurn: 3 };
      expect(await painted({ ...tuned, pool })).toEqual(await painted(tuned));
    },
  );

  test('is what the run takes, when it has been waited for', async () => {
    await using lying = openNoisePool({ ...small, thread: threadNamed('lying') });
    await untilDrawnAhead(lying, { sampler: 'DPM++ SDE' });
  });

  test('is given up with a run that ends early, and the next run has its own', async () => {
    await using lying = openNoisePool({ ...small, thread: threadNamed('lying') });
    await untilDrawnAhead(lying, { sampler: 'Euler a' });
    for (const failAt of [1, 3]) {
      const cancelled = { sampler: 'DPM++ 2M SDE', steps: 50, failAt } as const;
      await expect(painted({ ...cancelled, pool: lying })).rejects.toThrow('cancelled');
      await expect(painted({ ...cancelled, pool })).rejects.toThrow('cancelled');
    }
    await untilDrawnAhead(lying, { sampler: 'Euler a' });
    expect(await painted({ sampler: 'Euler a', pool })).toEqual(await painted({ sampler: 'Euler a' }));
  });

  test('of threads that die in the middle is drawn by the run itself', async () => {
    await using dying = openNoisePool({ ...small, thread: threadNamed('dying'), patienceMs: 300 });
    for (const randnSource of ['CPU', 'NV', 'CPU'] as const) {
      const asked = { sampler: 'DPM2 a', randnSource } as const;
      expect(await painted({ ...asked, pool: dying })).toEqual(await painted(asked));
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  });
});

test('a pool in the middle of a run keeps no process alive', async () => {
  const script = new URL('./leaving-process.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { timeout: 25_000 });
  expect(stdout).toBe('16384');
});
