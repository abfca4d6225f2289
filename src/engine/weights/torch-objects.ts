import type { DType } from './dtypes.ts';
import { PickleError, type PickleWorld } from './pickle.ts';

/** A run of elements somewhere in a torch file. */
export interface TorchStorage {
  /** Null for bytes without a type, which the tensors over them give. */
  readonly dtype: DType | null;
  readonly key: string;
  /** Elements, or bytes where there is no dtype. */
  readonly count: number;
  /** Elements between the storage called `key` and this one, which is a part of it. */
  readonly start: number;
}

/** A view of a storage; sizes, strides and offset in elements. */
export interface TorchTensor {
  readonly storage: TorchStorage;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Something of Python's that weights have no use for. */
const opaque = { kind: 'opaque' } as const;

interface StorageType {
  readonly kind: 'storage type';
  readonly dtype: DType | null;
}

type Call = (args: readonly unknown[]) => unknown;

const storageTypes: Readonly<Record<string, DType | null>> = {
  'torch FloatStorage': 'F32',
  'torch DoubleStorage': 'F64',
  'torch HalfStorage': 'F16',
  'torch BFloat16Storage': 'BF16',
  'torch LongStorage': 'I64',
  'torch IntStorage': 'I32',
  'torch ShortStorage': 'I16',
  'torch CharStorage': 'I8',
  'torch ByteStorage': 'U8',
  'torch BoolStorage': 'BOOL',
  'torch.storage UntypedStorage': null,
};

const dtypes: Readonly<Record<string, DType>> = {
  'torch float32': 'F32',
  'torch float64': 'F64',
  'torch float16': 'F16',
  'torch bfloat16': 'BF16',
  'torch float8_e4m3fn': 'F8_E4M3',
  'torch float8_e5m2': 'F8_E5M2',
  'torch int64': 'I64',
  'torch int32': 'I32',
  'torch int16': 'I16',
  'torch int8': 'I8',
  'torch uint8': 'U8',
  'torch bool': 'BOOL',
};

const calls: Readonly<Record<string, Call>> = {
  'collections OrderedDict': ([pairs]) => toMap(pairs),
  'torch._utils _rebuild_tensor': ([storage, offset, shape, strides]) => view(storage, offset, shape, strides),
  'torch._utils _rebuild_tensor_v2': ([storage, offset, shape, strides]) => view(storage, offset, shape, strides),
  'torch._utils _rebuild_tensor_v3': ([storage, offset, shape, strides, , , dtype]) => {
    return view(storage, offset, shape, strides, dtype);
  },
  'torch._utils _rebuild_parameter': ([tensor]) => tensor,
  'torch Size': ([sizes]) => sizes,
  '__builtin__ set': ([items]) => new Set(Array.isArray(items) ? items : []),
  'builtins set': ([items]) => new Set(Array.isArray(items) ? items : []),
};

/** Scalars and arrays of numpy, and callbacks, that lie about in old checkpoints. */
const ignored =
  /^(numpy (dtype|ndarray)|numpy\._?core\.multiarray (scalar|_reconstruct)|_codecs encode|pytorch_lightning\.callbacks\.model_checkpoint ModelCheckpoint)$/;

const parameterDict = 'torch.nn.modules.container ParameterDict';

/**
 * The few names that weights files refer to, and nothing else: a closed list is what makes reading a pickle safe.
 * Source: PyTorch `torch/_utils.py`, `torch/serialization.py`; A1111 modules/safe.py
 */
export function torchWorld(): PickleWorld {
  const parameterDicts = new WeakSet<object>();
  const newParameterDict: Call = () => {
    const map = new Map();
    parameterDicts.add(map);
    return map;
  };
  return {
    global: (module, name) => {
      const full = `${module} ${name}`;
      if (Object.hasOwn(storageTypes, full)) return { kind: 'storage type', dtype: storageTypes[full] };
      if (Object.hasOwn(dtypes, full)) return dtypes[full];
      if (Object.hasOwn(calls, full)) return calls[full];
      if (full === parameterDict) return newParameterDict;
      if (ignored.test(full)) return opaque;
      throw new PickleError(`global '${module}/${name}' is forbidden`);
    },
    apply: (callee, args) => {
      if (callee === opaque) return opaque;
      if (callee !== newParameterDict && !Object.values(calls).includes(callee as Call)) {
        throw new PickleError('calls what cannot be called');
      }
      return (callee as Call)(args);
    },
    build: (target, state) => {
      if (target instanceof Map && parameterDicts.has(target)) fillParameterDict(target, state);
    },
    persistent: storageOf,
  };
}

function toMap(pairs: unknown): Map<unknown, unknown> {
  if (pairs === undefined) return new Map();
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new PickleError('makes a dictionary of what are no pairs');
  }
  return new Map(pairs as [unknown, unknown][]);
}

/** torch before 1.12 keeps the entries in `_parameters`, later ones as attributes. */
function fillParameterDict(target: Map<unknown, unknown>, state: unknown): void {
  if (!(state instanceof Map)) return;
  const parameters: unknown = state.get('_parameters');
  const entries = parameters instanceof Map && parameters.size > 0 ? parameters : state;
  for (const [name, value] of entries) if (isTorchTensor(value)) target.set(name, value);
}

/** `('storage', type, key, location, count)`; the old format adds None or (key of the view, start, count). */
function storageOf(id: unknown): TorchStorage {
  const [tag, type, key, , count, part] = Array.isArray(id) ? id : [];
  if (tag !== 'storage' || !isStorageType(type) || typeof key !== 'string' || !isCount(count)) {
    throw new PickleError('refers to something that is no storage');
  }
  if (!Array.isArray(part)) return { dtype: type.dtype, key, count, start: 0 };
  const [, start, partCount] = part;
  if (!isCount(start) || !isCount(partCount) || start + partCount > count) {
    throw new PickleError('refers to a part outside its storage');
  }
  return { dtype: type.dtype, key, count: partCount, start };
}

/** As torch itself. */
const maxAxes = 64;

function view(storage: unknown, offset: unknown, shape: unknown, strides: unknown, type?: unknown): TorchTensor {
  const isFitting = isStorage(storage) && isCount(offset) && isCounts(shape) && isCounts(strides);
  if (!isFitting || shape.length !== strides.length || shape.length > maxAxes)
    throw new PickleError('holds a tensor that is none');
  const dtype = storage.dtype ?? Object.values(dtypes).find((known) => known === type);
  if (!dtype) throw new PickleError('holds a tensor without a type');
  return { storage, dtype, shape, strides, offset };
}

/** Whether a value of a torch file is a tensor. */
export function isTorchTensor(value: unknown): value is TorchTensor {
  return typeof value === 'object' && value !== null && 'storage' in value && 'strides' in value;
}

function isStorageType(value: unknown): value is StorageType {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage type';
}

function isStorage(value: unknown): value is TorchStorage {
  return typeof value === 'object' && value !== null && 'key' in value && 'count' in value;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
