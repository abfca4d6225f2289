/** A stroke in pixels of the picture. */
export interface Stroke {
  readonly kind: 'paint' | 'erase';
  /** Diameter. */
  readonly size: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Draws a stroke over what is there; one that has grown is drawn once more over itself. */
export function drawStroke(canvas: HTMLCanvasElement, { kind, size, points }: Stroke, colour: string): void {
  const context = canvas.getContext('2d');
  const [first, ...others] = points;
  if (!first || !context) return;
  context.globalCompositeOperation = kind === 'paint' ? 'source-over' : 'destination-out';
  context.strokeStyle = colour;
  context.lineWidth = size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(first.x, first.y);
  if (others.length === 0) context.lineTo(first.x + 0.01, first.y); // a dot
  for (const { x, y } of others) context.lineTo(x, y);
  context.stroke();
}

/** Draws all strokes over nothing. */
export function drawStrokes(canvas: HTMLCanvasElement, strokes: readonly Stroke[], colour: string): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.globalCompositeOperation = 'source-over';
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (const stroke of strokes) drawStroke(canvas, stroke, colour);
}

/** The strokes as a mask: white on black, without grey edges, as large as the canvas. */
export async function maskOf({ width, height }: HTMLCanvasElement, strokes: readonly Stroke[]): Promise<File> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  drawStrokes(canvas, strokes, '#fff');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser cannot draw');
  const pixels = context.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const value = pixels.data[i + 3]! > 127 ? 255 : 0;
    pixels.data.set([value, value, value, 255], i);
  }
  context.putImageData(pixels, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the browser cannot write a PNG');
  return new File([blob], 'mask.png', { type: 'image/png' });
}
