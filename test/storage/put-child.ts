/** Puts a small and a large blob into the folder given as argument; prints what came of each. */
import { Refusal } from '../../src/errors.ts';
import { openBlobDirectory } from '../../src/storage/blobs.ts';

const blobs = openBlobDirectory(process.argv[2]!);
const outcome = (bytes: Uint8Array) =>
  blobs.put(bytes).catch((error: unknown) => (error instanceof Refusal ? error.code : String(error)));
const small = await outcome(new TextEncoder().encode('hello'));
const large = await outcome(new Uint8Array(65_536));
process.stdout.write(JSON.stringify({ small, large }));
