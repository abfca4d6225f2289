import { stat } from 'node:fs/promises';
import { itemSizes } from './dtypes.ts';
import { readTorchFile, type TorchFile } from './torch-file.ts';
import { isTorchTensor, type TorchTensor } from './torch-objects.ts';
import { brokenWeights, longestName, readBytes, type TensorEntry, type WeightsFile } from './weights-file.ts';

/** What weights are wrapped in, outermost first. */
const wrappers = ['state_dict', 'params_ema', 'params', 'model', 'net', 'generator'];
/** Dictionaries in dictionaries; real files have three. */
const maxDepth = 8;
/** Elements of tensors that do not lie in one piece, all together, bytes: no more than the file has, where that is not little. */
const maxCopiedBytes = 512 * 2 ** 20;
const littleBytes = 16 * 2 ** 20;

/**
 * The tensors of a `.ckpt`, `.pt`, `.pth` or `.bin` file, taken out of what they are wrapped in.
 * @throws Refusal 'weights-broken' as `readTorchFile`, and for tensors outside their storages
 */
export async function readTorch(path: string): Promise<WeightsFile> {
  const file = await readTorchFile(path);
  const entries = await torchEntries(path, { ...file, value: unwrapped(file.value) });
  const names = [...entries.keys()];
  const isParallel = names.length > 0 && names.every((name) => name.startsWith('module.'));
  const renamed = [...entries.values()].map((entry) => {
    const name = isParallel ? entry.name.slice('module.'.length) : entry.name;
    return [name, { ...entry, name }] as const;
  });
  return { path, tensors: new Map(renamed), metadata: new Map() };
}

/** All tensors of a torch file by their path in it, the parts joined by `/`; those not in one piece are read. */
export async function torchEntries(path: string, file: TorchFile): Promise<Map<string, TensorEntry>> {
  const entries = new Map<string, TensorEntry>();
  let copied = 0;
  const limit = Math.min(maxCopiedBytes, Math.max(littleBytes, (await stat(path)).size));
  for (const [name, tensor] of tensorsIn(file.value, '', new Set())) {
    if (name.length > longestName) throw brokenWeights(path, `a tensor's name has ${name.length} characters`);
    const entry = entryOf(path, file, name, tensor);
    if (isContiguous(tensor)) {
      entries.set(name, entry);
      continue;
    }
    copied += Math.max(entry.length, reachOf(tensor));
    if (copied > limit) throw brokenWeights(path, `${name} and others lie in pieces of over ${limit} bytes`);
    entries.set(name, await gathered(entry, tensor));
  }
  return entries;
}

function unwrapped(value: unknown, depth = 0): unknown {
  if (!(value instanceof Map) || depth > maxDepth) return value;
  const wrapper = wrappers.find((name) => value.get(name) instanceof Map);
  return wrapper === undefined ? value : unwrapped(value.get(wrapper), depth + 1);
}

/** @param within  the dictionaries passed through; one that is met again, or lies too deep, is not entered */
function* tensorsIn(value: unknown, path: string, within: Set<unknown>, depth = 0): Generator<[string, TorchTensor]> {
  if (isTorchTensor(value)) yield [path, value];
  if (!(value instanceof Map) || depth > maxDepth || within.has(value)) return;
  within.add(value);
  for (const [key, item] of value) {
    if (typeof key === 'object' && key !== null) continue; // a tuple, say, whose text may be endless
    yield* tensorsIn(item, path === '' ? `${key}` : `${path}/${key}`, within, depth + 1);
  }
}

/** The tensor as if it lay in one piece. */
function entryOf(path: string, { places }: TorchFile, name: string, tensor: TorchTensor): TensorEntry {
  const { storage, dtype, shape, strides, offset } = tensor;
  const item = itemSizes[dtype];
  const place = places.get(storage.key);
  if (!place) throw brokenWeights(path, `${name} lies in storage ${storage.key}, which is missing`);
  const count = shape.reduce((product, n) => product * n, 1);
  const last = count === 0 ? -1 : shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, offset);
  const unit = storage.dtype === null ? 1 : itemSizes[storage.dtype];
  const room = Math.min(place.length, (storage.start + storage.count) * unit) - storage.start * unit;
  if ((last + 1) * item > room) throw brokenWeights(path, `${name} reaches past the ${room} bytes of its storage`);
  return {
    name,
    dtype,
    shape,
    file: path,
    offset: place.offset + storage.start * unit + offset * item,
    length: count * item,
  };
}

function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Bytes from the first element of a view to the end of the last. */
function reachOf({ shape, strides, dtype }: TorchTensor): number {
  return (shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, 0) + 1) * itemSizes[dtype];
}

/** Copies the elements of a strided view one by one. */
async function gathered(entry: TensorEntry, tensor: TorchTensor): Promise<TensorEntry> {
  const item = itemSizes[tensor.dtype];
  const axes = tensor.shape.map((n, i) => ({ n, step: tensor.strides[i]! * item })).filter(({ n }) => n > 1);
  const source = await readBytes({ ...entry, length: reachOf(tensor) });
  const bytes = new Uint8Array(entry.length);
  const index = axes.map(() => 0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += item) {
    for (let b = 0; b < item; b++) bytes[to + b] = source[from + b]!;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { n, step } = axes[axis]!;
      from += step;
      if (++index[axis]! < n) break;
      from -= n * step;
      index[axis] = 0;
    }
  }
  return { ...entry, bytes };
}
