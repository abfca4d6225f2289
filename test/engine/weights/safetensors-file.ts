import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GivenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The bytes of a `.safetensors` file with these tensors one after the other. */
export function safetensorsBytes(
  tensors: Readonly<Record<string, GivenTensor>>,
  metadata?: Readonly<Record<string, unknown>>,
): Buffer {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    offset += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [offset - bytes.byteLength, offset] }];
  });
  const header = Object.fromEntries([...(metadata ? [['__metadata__', metadata]] : []), ...entries]);
  return withHeader(JSON.stringify(header), Buffer.concat(Object.values(tensors).map(({ bytes }) => bytes)));
}

/** A header, whatever it says, and the data that follow it. */
export function withHeader(header: string | Buffer, data: Uint8Array = new Uint8Array(0)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
}

export function float32(shape: readonly number[], values: readonly number[]): GivenTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** A folder of its own, gone afterwards. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  return {
    path,
    write: async (name: string, bytes: Uint8Array): Promise<string> => {
      await writeFile(join(path, name), bytes);
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
