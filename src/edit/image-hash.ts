/** Difference hash of a picture: 64 bits as 16 hexadecimal digits. Pictures that look alike have hashes near to each other. */
export type ImageHash = string & { readonly brand: 'ImageHash' };

/** @throws RangeError for anything but 16 hexadecimal digits */
export function toImageHash(text: string): ImageHash {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new RangeError(`${text} is no difference hash`);
  return text as ImageHash;
}

/** In how many of the 64 bits two hashes differ. */
export function hashDistance(a: ImageHash, b: ImageHash): number {
  let bits = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let count = 0;
  for (; bits > 0n; bits &= bits - 1n) count++;
  return count;
}
