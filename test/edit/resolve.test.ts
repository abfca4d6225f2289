import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Catalog,
  costOf,
  defaultCaps,
  editRequestSchema,
  type MaskSource,
  outlineOf,
  type PartialParams,
  resolveEdit,
  type Sketch,
  scriptDefaults,
  scriptOf,
  scripts,
  toBlobRef,
} from '../../src/edit/index.ts';
import type { Size } from '../../src/edit/size.ts';
import { refusalOf } from '../support/refusal.ts';

const blob = toBlobRef(`sha256-${'0'.repeat(64)}`);
const catalog: Catalog = { checkpoints: [{ name: 'model', hash: null, family: 'sd1', nativeSize: 512 }] };
const mask: MaskSource = { kind: 'image', blob, read: 'auto' };
const inpaintSketch: Sketch = { kind: 'inpaint sketch', painted: blob };

function resolved(params: PartialParams, more: { mask?: MaskSource; sketch?: Sketch; initSize?: Size } = {}) {
  const { initSize = { width: 512, height: 512 }, sketch } = more;
  const layers = [{ name: 'command', content: { params } }] as const;
  const wish = { init: blob, initSize, mask: more.mask ?? null, sketch, layers };
  return resolveEdit(wish, catalog, defaultCaps, () => 0.5);
}

describe('what cannot be done is refused by name', () => {
  test.each<[string, PartialParams, Parameters<typeof resolved>[1]]>([
    ['nothing-to-do', { maskedContent: 'latent noise', denoisingStrength: 0 }, { mask }],
    [
      'nothing-to-do',
      { script: "poor man's outpainting", poorMaskedContent: 'latent nothing', denoisingStrength: 0 },
      {},
    ],
    ['soft-sampler', { softInpainting: true, sampler: 'DDIM' }, { mask }],
    ['soft-sampler', { softInpainting: true, sampler: 'UniPC' }, { sketch: inpaintSketch }],
    ['sigma-range', { sigmaMin: 5, sigmaMax: 2 }, {}],
    ['sigma-range', { sigmaMax: 0.02 }, {}],
    ['exact-steps', { exactSteps: true, denoisingStrength: 1e-6 }, {}],
    [
      'exact-steps',
      {
        script: 'loopback',
        exactSteps: true,
        steps: 150,
        loops: 32,
        finalDenoisingStrength: 0,
        denoisingCurve: 'Aggressive',
      },
      {},
    ],
    ['sketch-and-mask', {}, { mask, sketch: inpaintSketch }],
    ['mask-with-script', { script: 'outpainting mk2' }, { mask }],
    ['mask-with-script', { script: 'mosaic outpaint' }, { sketch: inpaintSketch }],
    ['batch-with-script', { script: 'loopback', batchSize: 2 }, {}],
    ['batch-with-script', { script: "poor man's outpainting", batchCount: 2 }, {}],
    ['result-too-large', { script: 'outpainting mk2', direction: 'right' }, { initSize: { width: 4090, height: 64 } }],
    [
      'result-too-large',
      { script: 'SD upscale', sdUpscaler: 'Lanczos', scaleFactor: 4 },
      { initSize: { width: 1100, height: 700 } },
    ],
    ['run-too-large', { script: 'outpainting mk2' }, { initSize: { width: 2000, height: 2000 } }],
    ['tile-overlap', { script: 'SD upscale', size: '128x64' }, {}],
    ['tile-overlap', { script: "poor man's outpainting", size: '128x128' }, {}],
    ['too-many-runs', { script: 'SD upscale', sdUpscaler: 'Lanczos', scaleFactor: 4, size: '128x128' }, {}],
  ])('%s: %o', (code, params, more) => {
    expect(refusalOf(() => resolved(params, more)).code).toBe(code);
  });

  test('while the same settings without what they clash with are fine', () => {
    for (const params of [
      { softInpainting: true, sampler: 'DDIM' },
      { maskedContent: 'latent noise', denoisingStrength: 0 },
      { denoisingStrength: 1e-6 },
      { exactSteps: true, denoisingStrength: 0 },
      { exactSteps: true, denoisingStrength: 0.003, steps: 150 },
    ] as const) {
      expect(resolved(params).request.params).toMatchObject(params);
    }
  });
});

describe('what is hardly meant so is said', () => {
  test.each<[string, PartialParams, Parameters<typeof resolved>[1]]>([
    ['mask-alpha-repaints-nothing', { maskAlpha: 50 }, { sketch: inpaintSketch }],
    ['latent-upscale-strength', { resizeMode: 'latent upscale', denoisingStrength: 0.5 }, {}],
    ['upscaler-none', { script: 'SD upscale' }, {}],
  ])('%s', (warning, params, more) => {
    expect(resolved(params, more).warnings).toEqual([warning]);
  });

  test('and not where it makes sense', () => {
    expect(resolved({ maskAlpha: 50, softInpainting: true }, { sketch: inpaintSketch }).warnings).toEqual([]);
    expect(resolved({ maskAlpha: 49 }, { sketch: inpaintSketch }).warnings).toEqual([]);
    expect(resolved({ resizeMode: 'latent upscale', denoisingStrength: 0.55 }).warnings).toEqual([]);
  });
});

describe('a script', () => {
  const named = scripts.map(({ value }) => value).filter((value) => value !== 'none');

  test.each(named)('makes a request that crosses the line as it is, with what it comes to: %s', (script) => {
    const { request } = resolved({ script, ...scriptDefaults[script] });
    expect(editRequestSchema.parse(JSON.parse(JSON.stringify(request)))).toEqual(request);
    const { runs } = outlineOf(scriptOf(request.params)!, { width: 512, height: 512 }, request);
    expect(request.script).toMatchObject({ runs: runs.length });
  });

  test('costs what it paints', () => {
    const cost = (params: PartialParams) =>
      costOf(resolved({ steps: 20, denoisingStrength: 1, ...params }).request, 'sd1');
    expect(cost({})).toBe(1);
    expect(cost({ script: 'loopback', loops: 5, finalDenoisingStrength: 1 })).toBeCloseTo(5);
    expect(cost({ script: 'loopback', loops: 2, finalDenoisingStrength: 0 })).toBeCloseTo(21 / 20);
    expect(cost({ script: 'SD upscale', sdUpscaler: 'Lanczos' })).toBe(9);
    expect(cost({ script: 'SD upscale', sdUpscaler: 'Lanczos', batchSize: 4 })).toBe(9); // a batch of tiles, not of pictures
    expect(cost({ script: 'outpainting mk2', direction: 'left', batchSize: 2 })).toBe(2);
  });

  test('never promises a result beyond the caps', () => {
    const side = fc.integer({ min: 64, max: 3000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...named),
        side,
        side,
        fc.integer({ min: 8, max: 256 }),
        (script, width, height, pixels) => {
          try {
            const { request } = resolved(
              { script, pixels, sdUpscaler: 'Lanczos', scaleFactor: 3 },
              { initSize: { width, height } },
            );
            const work = request.script!;
            expect(Math.max(work.width, work.height)).toBeLessThanOrEqual(4096);
            expect(work.width * work.height).toBeLessThanOrEqual(16e6);
          } catch (error) {
            expect(error).toMatchObject({ name: 'Refusal' });
          }
        },
      ),
    );
  });
});
