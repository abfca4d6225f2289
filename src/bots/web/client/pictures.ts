/** Sides of the copy by which masks are told from pictures, px at most. */
const LOOK_SIDE = 256;
/** Share of pixels that are black or white from which a picture is a mask, and how far from either they may be. */
const MASK_SHARE = 0.98;
const MASK_SLACK = 12;

/** Sides of the small copy that is kept in the conversation, px at most. */
const VIEW_SIDE = 1280;

/** A small copy of a picture: its pixels, turned upright, and nothing else. Null when the browser cannot read it. */
export async function smallCopy(file: Blob): Promise<Blob | null> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = Math.min(1, VIEW_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', 0.85));
  } catch {
    return null;
  }
}

/** Whether a picture looks like a mask: black and white, or see-through in places. What the browser cannot read is none. */
export async function isMask(file: Blob): Promise<boolean> {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LOOK_SIDE / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    const context = new OffscreenCanvas(width!, height!).getContext('2d');
    if (!context) return false;
    context.imageSmoothingEnabled = false; // greys between black and white are not of the picture
    context.drawImage(bitmap, 0, 0, width!, height!);
    bitmap.close();
    return looksLikeMask(context.getImageData(0, 0, width!, height!).data);
  } catch {
    return false;
  }
}

/** @param pixels RGBA */
function looksLikeMask(pixels: Uint8ClampedArray): boolean {
  let [plain, clear] = [0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b, a] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!, pixels[at + 3]!];
    if (a < 255 - MASK_SLACK) clear += 1;
    const isBlack = Math.max(r, g, b) <= MASK_SLACK;
    if (isBlack || Math.min(r, g, b) >= 255 - MASK_SLACK) plain += 1;
  }
  return clear > 0 || plain >= MASK_SHARE * (pixels.length / 4);
}
