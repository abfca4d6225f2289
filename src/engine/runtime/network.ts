import { basename } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { Refusal } from '../../errors.ts';
import type { Graph } from '../graph/core.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';
import { type DeviceOptions, sessionOptions } from './device.ts';

/** What a network is fed: float32 tensors, and whole numbers where it asks for token ids or positions. */
export type Feed = Tensor | { readonly data: Int32Array | BigInt64Array; readonly shape: readonly number[] };

/** A network on its device. */
export interface Network extends AsyncDisposable {
  /**
   * Computes all outputs on the calling thread: nothing else runs there meanwhile.
   * @throws Refusal 'out-of-memory'
   */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, Tensor>>>;
}

/**
 * Opens a graph over the weights it points to. Holds the device's memory until disposed.
 * @throws Refusal 'out-of-memory'; 'weights-broken' when a file is gone, or not what its header said any more
 */
export async function openNetwork(graph: Graph, device: DeviceOptions): Promise<Network> {
  const model = device.device === 'webgpu' ? graph.webGpuModel() : graph.model;
  const session = await refusingChanges(graph, () =>
    refusingMemory(() => InferenceSession.create(model, sessionOptions(graph, device))),
  );
  return {
    run: async (feeds) => {
      const given = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)]));
      const results = await refusingMemory(() => session.run(given));
      return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, fromOrt(name, result)]));
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

function toOrt({ data, shape }: Feed): OrtTensor {
  if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(', ')}]`);
  if (data instanceof Float32Array) return new OrtTensor('float32', data, shape);
  return data instanceof Int32Array ? new OrtTensor('int32', data, shape) : new OrtTensor('int64', data, shape);
}

function fromOrt(name: string, result: OrtTensor): Tensor {
  if (!(result.data instanceof Float32Array)) throw new TypeError(`output ${name} is ${result.type}, expected float32`);
  return tensor(result.data, result.dims);
}

/** onnxruntime's words for bytes that are not where a header said. */
const externalData = /external (data|init)/i;

async function refusingChanges<T>({ weights }: Graph, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const named = weights.find(({ name }) => String(cause).includes(name)) ?? weights[0];
    if (!named || !externalData.test(String(cause))) throw cause;
    throw new Refusal(
      'weights-broken',
      { file: basename(named.file), why: 'it was changed or taken away while it was in use' },
      { cause },
    );
  }
}

/** onnxruntime's words for a failed allocation, on the CPU and on devices. */
const outOfMemory = /bad[_ ]alloc|out of memory|failed to allocate memory|memory allocation/i;

async function refusingMemory<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!outOfMemory.test(String(cause))) throw cause;
    throw new Refusal('out-of-memory', { setting: 'size' }, { cause });
  }
}
