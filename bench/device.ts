import { resolve } from 'node:path';
import { openCheckpoint } from '../src/engine/pipeline/models.ts';
import { chooseDevice } from '../src/engine/runtime/choose-device.ts';
import type { Tensor } from '../src/engine/tensor/tensor.ts';
import { type Measured, timed } from './report.ts';

const noise = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  shape,
});
const largest = (a: Tensor, b: Tensor) => a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0);

/**
 * How far the built-in model on a device is from the CPU. @throws Error when there is no such device: nothing is passed over in silence
 */
export async function compareDevice(wanted: string): Promise<readonly Measured[]> {
  if (wanted !== 'webgpu' && wanted !== 'cuda') throw new Error('--device is webgpu or cuda');
  const device = await chooseDevice(wanted);
  const model = resolve(import.meta.dirname, '../models/palimpsest-tiny.safetensors');
  await using there = await openCheckpoint(model, { device: { device } });
  await using here = await openCheckpoint(model, { device: { device: 'cpu' } });
  const [x, context] = [noise(1, 4, 8, 8), noise(1, 77, 64)];
  const unet = largest(await there.unet(x, [500], context), await here.unet(x, [500], context));
  const decoded = largest(await there.decodeLatent(x), await here.decodeLatent(x));
  const seconds = (await timed(() => there.unet(x, [500], context))) / 1000;
  return [
    { what: `${device}: largest difference of a U-Net step from the CPU`, value: unet, unit: '', limit: 1e-3 },
    { what: `${device}: largest difference of a decoded picture from the CPU`, value: decoded, unit: '', limit: 2e-2 },
    { what: `${device}: a U-Net step, 64²`, value: seconds, unit: 's', limit: null },
  ];
}
