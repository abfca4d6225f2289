/** What a torch file may hold: float32 tensors among plain values, in dictionaries and lists. */
export type TorchValue =
  | { readonly shape: readonly number[]; readonly values: readonly number[] }
  | string
  | number
  | boolean
  | readonly TorchValue[]
  | ReadonlyMap<string | number, TorchValue>;

const op = (text: string) => Buffer.from(text, 'latin1');
const int32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(n);
  return bytes;
};
const whole = (n: number) => Buffer.concat([op('J'), int32(n)]);
const text = (value: string) => Buffer.concat([op('X'), int32(Buffer.byteLength(value)), Buffer.from(value)]);
const tuple = (...items: readonly Buffer[]) => Buffer.concat([op('('), ...items, op('t')]);
const named = (module: string, name: string) => op(`c${module}\n${name}\n`);
const pickle = (value: Buffer) => Buffer.concat([op('\x80\x02'), value, op('.')]);

/** The bytes `torch.save` wrote before PyTorch 1.6: five pickles, then the storages. */
export function torchBytes(value: TorchValue): Buffer {
  const storages: (readonly number[])[] = [];
  const tensor = (shape: readonly number[], values: readonly number[]): Buffer => {
    const key = `${storages.push(values) - 1}`;
    const type = named('torch', 'FloatStorage');
    const id = tuple(text('storage'), type, text(key), text('cpu'), whole(values.length), op('N'));
    const strides = shape.map((_, i) => whole(shape.slice(i + 1).reduce((product, n) => product * n, 1)));
    const place = [whole(0), tuple(...shape.map(whole)), tuple(...strides), op('\x89'), op('}')];
    return Buffer.concat([
      named('torch._utils', '_rebuild_tensor_v2'),
      tuple(Buffer.concat([id, op('Q')]), ...place),
      op('R'),
    ]);
  };
  const item = (one: TorchValue): Buffer => {
    if (typeof one === 'string') return text(one);
    if (typeof one === 'number') return whole(one);
    if (typeof one === 'boolean') return op(one ? '\x88' : '\x89');
    if ('values' in one && 'shape' in one) return tensor(one.shape, one.values);
    if (one instanceof Map) return dictionary(one);
    return Buffer.concat([op(']('), ...(one as readonly TorchValue[]).map(item), op('e')]);
  };
  const dictionary = (entries: ReadonlyMap<string | number, TorchValue>): Buffer => {
    return Buffer.concat([op('}('), ...[...entries].flatMap(([key, one]) => [item(key), item(one)]), op('u')]);
  };
  const magic = Buffer.from('6cfc9c46f9206aa85019', 'hex');
  const head = [pickle(Buffer.concat([op('\x8a\x0a'), magic])), pickle(whole(1001)), pickle(op('}'))];
  const body = pickle(item(value));
  const keys = pickle(Buffer.concat([op(']('), ...storages.map((_, i) => text(`${i}`)), op('e')]));
  return Buffer.concat([...head, body, keys, ...storages.flatMap(storageBytes)]);
}

function storageBytes(values: readonly number[]): Buffer[] {
  const count = Buffer.alloc(8);
  count.writeBigInt64LE(BigInt(values.length));
  return [count, Buffer.from(Float32Array.from(values).buffer)];
}
