import { type FileHandle, open } from 'node:fs/promises';
import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { itemSizes } from './dtypes.ts';
import { PickleError, unpickle } from './pickle.ts';
import { type TorchStorage, torchWorld } from './torch-objects.ts';
import { brokenWeights } from './weights-file.ts';
import { ZipReader } from './zip-reader.ts';

/** A torch file: the object in it, and where its storages lie. */
export interface TorchFile {
  readonly value: unknown;
  /** First byte and length of the storage called `key`, in bytes. */
  readonly places: ReadonlyMap<string, { readonly offset: number; readonly length: number }>;
}

/** Pickles of the largest checkpoints take some 300 kB. */
const maxPickleBytes = 64 * 2 ** 20;

/** Members of a zip file; the largest checkpoints have some 5,000. */
const maxEntries = 50_000;

/** How the two formats begin: a zip's first entry; a pickle of torch's magic number. */
const zipMagic = Buffer.from('PK\x03\x04');
const legacyMagic = Buffer.from([0x80, 0x02, 0x8a, 0x0a]);
const legacyNumber = 0x1950a86a20f9469cfc6cn;

/** Whether a file that begins like this is one of torch's. */
export function isTorchFile(head: Buffer): boolean {
  return head.subarray(0, 4).equals(zipMagic) || head.subarray(0, 4).equals(legacyMagic);
}

/**
 * Reads what `torch.save` wrote, without running any of it. The tensors' elements stay where they are.
 *
 * @throws Refusal 'weights-broken' for a file that is damaged, or names anything but tensors and plain values
 * Source: PyTorch `torch/serialization.py`
 */
export async function readTorchFile(path: string): Promise<TorchFile> {
  const handle = await open(path);
  try {
    const head = await readAt(handle, 0, 4);
    return head.equals(zipMagic) ? await readZip(handle) : await readLegacy(handle);
  } catch (error) {
    if (error instanceof PickleError) throw brokenWeights(path, error.message);
    throw error;
  } finally {
    await handle.close();
  }
}

async function readZip(handle: FileHandle): Promise<TorchFile> {
  const { size } = await handle.stat();
  const zip = await fromRandomAccessReaderPromise(new ZipReader(handle, size), size, { autoClose: false }).catch(
    brokenZip,
  );
  try {
    const entries = await entriesOf(zip);
    const pickle = entries.find(({ fileName }) => /^[^/]+\/data\.pkl$/.test(fileName));
    if (!pickle) throw new PickleError('holds no data.pkl');
    if (entries.some(({ fileName }) => /^[^/]+\/(constants\.pkl$|code\/)/.test(fileName)))
      throw new PickleError('is a TorchScript program, not a file of weights');
    if (pickle.compressedSize > maxPickleBytes) throw new PickleError('holds a pickle that is too large');
    const root = pickle.fileName.slice(0, -'data.pkl'.length);
    await refuseBigEndian(
      zip,
      handle,
      entries.find(({ fileName }) => fileName === `${root}byteorder`),
    );
    const { offset, length } = await placeOf(zip, pickle);
    const { value } = unpickle(await readAt(handle, offset, length), 0, torchWorld());
    const data = `${root}data/`;
    const storages = entries.filter(({ fileName }) => fileName.startsWith(data));
    const places = storages.map(
      async (entry) => [entry.fileName.slice(data.length), await placeOf(zip, entry)] as const,
    );
    return { value, places: new Map(await Promise.all(places)) };
  } finally {
    zip.close();
  }
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    if (zip.entryCount > maxEntries) throw new Error(`it has ${zip.entryCount} members`);
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (cause) {
    brokenZip(cause as Error);
  }
  return entries;
}

function brokenZip(cause: Error): never {
  throw new PickleError(`is no whole zip file (${cause.message})`);
}

/** Entries are stored, not compressed, so their bytes can be used where they are. */
async function placeOf(zip: ZipFile, entry: Entry): Promise<{ offset: number; length: number }> {
  if (entry.compressionMethod !== 0 || entry.isEncrypted())
    throw new PickleError(`${entry.fileName} is not stored as it is`);
  const { fileDataStart: offset } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch(brokenZip);
  if (offset + entry.compressedSize > zip.fileSize) throw new PickleError(`${entry.fileName} lies past the end`);
  return { offset, length: entry.compressedSize };
}

async function refuseBigEndian(zip: ZipFile, handle: FileHandle, entry: Entry | undefined): Promise<void> {
  if (!entry) return;
  const { offset, length } = await placeOf(zip, entry);
  const order = (await readAt(handle, offset, Math.min(length, 16))).toString();
  if (order !== 'little') throw new PickleError(`has byte order '${order}'`);
}

/** Five pickles (magic number, protocol, machine, object, keys), then count and bytes of each storage in the order of the keys. */
async function readLegacy(handle: FileHandle): Promise<TorchFile> {
  const { size } = await handle.stat();
  const bytes = await readAt(handle, 0, Math.min(size, maxPickleBytes));
  const storages = new Map<string, TorchStorage>();
  const world = torchWorld();
  const noting = {
    ...world,
    persistent: (id: unknown) => {
      const storage = world.persistent(id) as TorchStorage;
      storages.set(storage.key, storage);
      return storage;
    },
  };
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(bytes, at, noting);
    at = end;
    return value;
  };
  const [magic, protocol] = [next(), next()];
  if (magic !== legacyNumber || protocol !== 1001) throw new PickleError('has another magic number than torch writes');
  const [machine, value, keys] = [next(), next(), next()];
  if (machine instanceof Map && machine.get('little_endian') === false) throw new PickleError('was written big-endian');
  if (!Array.isArray(keys)) throw new PickleError('lists no storages');
  return { value, places: await legacyPlaces({ handle, size, at }, keys, storages) };
}

async function legacyPlaces(
  { handle, size, at }: { handle: FileHandle; size: number; at: number },
  keys: readonly unknown[],
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<TorchFile['places']> {
  const places = new Map<string, { offset: number; length: number }>();
  let start = at;
  for (const key of keys) {
    const dtype = typeof key === 'string' ? storages.get(key)?.dtype : undefined;
    if (!dtype) throw new PickleError('lists a storage that no tensor uses');
    const count = Number((await readAt(handle, start, 8)).readBigUInt64LE());
    const place = { offset: start + 8, length: count * itemSizes[dtype] };
    start = place.offset + place.length;
    if (start > size) throw new PickleError('ends inside a storage');
    places.set(key as string, place);
  }
  return places;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  if (bytesRead !== length) throw new PickleError('ends too early');
  return bytes;
}
