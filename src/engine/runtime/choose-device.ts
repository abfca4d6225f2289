import { listSupportedBackends } from 'onnxruntime-node';
import { graphBuilder } from '../graph/builder.ts';
import type { Precision } from '../graph/core.ts';
import type { DeviceOptions } from './device.ts';
import { openNetwork } from './network.ts';

type Device = DeviceOptions['device'];
type Wanted = 'auto' | 'cpu' | 'webgpu' | 'cuda';

/**
 * The device networks run on. `auto` takes CUDA where its libraries are installed and a card answers, else the CPU; WebGPU only when it is asked
 * for by name, for a driver may be there that only imitates a card.
 *
 * @param warn  told why a device whose libraries are there is not taken
 * @throws Error that says what is missing, for a device that was asked for by name and does not work
 */
export async function chooseDevice(wanted: Wanted, warn: (message: string) => void = () => {}): Promise<Device> {
  if (wanted === 'cpu') return 'cpu';
  if (wanted === 'auto') {
    if (!isInstalled('cuda')) return 'cpu';
    const trouble = await failure('cuda');
    if (trouble !== null) warn(`CUDA is installed and cannot be used: ${trouble}`);
    return trouble === null ? 'cuda' : 'cpu';
  }
  const trouble = isInstalled(wanted) ? await failure(wanted) : 'its libraries are not installed';
  if (trouble !== null) throw new Error(`DEVICE=${wanted} cannot be used: ${trouble}. See docs/operate/gpu.md.`);
  return wanted;
}

/** What an operator wants. */
export interface DeviceWish {
  readonly device: Wanted;
  readonly precision: 'auto' | Precision;
}

/** A device that works, and what to compute in on it: where another was asked for the CPU, and words about it. */
export async function workingDevice(
  { device: wanted, precision }: DeviceWish,
  warn: (message: string) => void,
): Promise<Required<Pick<DeviceOptions, 'device' | 'precision'>>> {
  const device = await chooseDevice(wanted, warn).catch((error: Error) => {
    warn(`${error.message} Until it can, the CPU is used, which is many times slower.`);
    return 'cpu' as const;
  });
  // onnxruntime computes in float32 on CPUs whatever the graph says.
  if (precision === 'auto' && device === 'cpu') return { device, precision: 'float32' };
  const trouble = precision === 'float32' ? null : await failure(device, 'float16');
  if (trouble !== null && precision === 'float16') warn(`float16 cannot be used: ${trouble}. float32 is used instead.`);
  return { device, precision: precision === 'float32' || trouble !== null ? 'float32' : 'float16' };
}

function isInstalled(device: 'webgpu' | 'cuda'): boolean {
  return listSupportedBackends().some(({ name, bundled }) => name === device && bundled);
}

/** Why a device cannot add 1 and 1; null when it can. */
async function failure(device: Device, precision?: Precision): Promise<string | null> {
  const g = graphBuilder('device check', { precision });
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
