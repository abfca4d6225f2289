import { listSupportedBackends } from 'onnxruntime-node';
import { graphBuilder } from '../graph/builder.ts';
import type { DeviceOptions } from './device.ts';
import { openNetwork } from './network.ts';

/**
 * The device networks run on. `auto` takes CUDA where its libraries are installed and a card answers, else the CPU; WebGPU only when it is asked
 * for by name, for a driver may be there that only imitates a card.
 *
 * @throws Error that says what is missing, for a device that was asked for by name and does not work
 */
export async function chooseDevice(wanted: 'auto' | 'cpu' | 'webgpu' | 'cuda'): Promise<DeviceOptions['device']> {
  if (wanted === 'cpu') return 'cpu';
  if (wanted === 'auto') return isInstalled('cuda') && (await failure('cuda')) === null ? 'cuda' : 'cpu';
  const trouble = isInstalled(wanted) ? await failure(wanted) : 'its libraries are not installed';
  if (trouble !== null) throw new Error(`DEVICE=${wanted} cannot be used: ${trouble}. See docs/operate/gpu.md.`);
  return wanted;
}

function isInstalled(device: 'webgpu' | 'cuda'): boolean {
  return listSupportedBackends().some(({ name, bundled }) => name === device && bundled);
}

/** Why a device cannot add 1 and 1; null when it can. */
async function failure(device: 'webgpu' | 'cuda'): Promise<string | null> {
  const g = graphBuilder('device check');
  const x = g.input('x', 'F32', [1]);
  g.output('y', g.add(x, x));
  try {
    await using network = await openNetwork(g.finish(), { device });
    const { y } = await network.run({ x: { data: Float32Array.of(1), shape: [1] } });
    return y?.data[0] === 2 ? null : `1 + 1 is ${y?.data[0]} on it`;
  } catch (error) {
    return (error as Error).message.split('\n')[0]!.slice(0, 200);
  }
}
