import type { ResizeMode } from './choices.ts';
import { marginsFor, sharedMargins } from './outpaint-size.ts';
import type { EditRequest } from './request.ts';
import { outlineOf, type Script, scriptOf, sizeBeforeResize } from './script.ts';
import type { Size } from './size.ts';

/** Where a picture lies in what was made of it, px of the later one; it may reach outside when it was cropped. */
export interface Placement {
  /** Size of the later picture. */
  readonly output: Size;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture that was only made larger or smaller, or painted on. */
const filling = (output: Size): Placement => ({ output, x: 0, y: 0, width: output.width, height: output.height });

/**
 * The size a picture is brought to before it is laid on the canvas: inside it, around it, or exactly its own. Pixels, such as a
 * mask's, are treated by 'latent upscale' as by 'resize and fill'.
 * Source: A1111 modules/images.py `resize_image`
 */
export function fittedSize(mode: ResizeMode, im: Size, { width, height }: Size): Size {
  if (mode === 'just resize') return { width, height };
  const wider = width / height > im.width / im.height;
  const fillsWidth = mode === 'crop and resize' ? wider : width / height < im.width / im.height;
  const fillsHeight = mode === 'crop and resize' ? !wider : width / height >= im.width / im.height;
  return {
    width: fillsWidth ? width : Math.max(1, Math.floor((im.width * height) / im.height)),
    height: fillsHeight ? height : Math.max(1, Math.floor((im.height * width) / im.width)),
  };
}

function resized(mode: ResizeMode, im: Size, output: Size): Placement {
  if (mode === 'latent upscale') return filling(output); // the latents are stretched, whatever becomes of pixels
  const { width, height } = fittedSize(mode, im, output);
  return { output, x: (output.width >> 1) - (width >> 1), y: (output.height >> 1) - (height >> 1), width, height };
}

/** First one, then the other: where the first picture lies in the last one. */
export function andThen(first: Placement, second: Placement): Placement {
  const [sx, sy] = [second.width / first.output.width, second.height / first.output.height];
  return {
    output: second.output,
    x: second.x + first.x * sx,
    y: second.y + first.y * sy,
    width: first.width * sx,
    height: first.height * sy,
  };
}

/** Where the top left corner has come to after every pass. */
function cornerAfter(script: Extract<Script, { passes: number }>, init: Size, processing: Size) {
  let [x, y] = [0, 0];
  for (let pass = 0; pass < script.passes; pass++) {
    const before = pass === 0 ? init : outlineOf({ ...script, passes: pass }, init, processing).output;
    const { left, up } = marginsFor(before, script.pixels, script.sides);
    [x, y] = [x + left, y + up];
  }
  return { x, y };
}

/** Grown by a script. @param processing  as in `outlineOf` */
export function placementInScript(script: Script, init: Size, processing: Size, mode: ResizeMode): Placement {
  const { output } = outlineOf(script, init, processing);
  switch (script.name) {
    case 'outpainting mk2':
    case "poor man's outpainting":
      return { output, ...cornerAfter(script, init, processing), width: init.width, height: init.height };
    case 'mosaic outpaint': {
      const { left, up } = sharedMargins(init, script, script.sides);
      const grown = sizeBeforeResize(script, init);
      return andThen({ output: grown, x: left, y: up, ...init }, resized(mode, grown, output));
    }
    case 'SD upscale':
    case 'extras':
      return filling(output);
    case 'loopback':
      return resized(mode, init, output);
    default:
      return script satisfies never;
  }
}

/** Where the picture an edit began with lies in its result. @param output  size of the result */
export function placementOf(request: EditRequest, init: Size, output: Size): Placement {
  const script = scriptOf(request.params);
  const { resizeMode, inpaintArea } = request.params;
  if (script) return { ...placementInScript(script, init, request, resizeMode), output };
  const isInpaint = request.mask !== null || request.sketch?.kind === 'inpaint sketch';
  return isInpaint && inpaintArea === 'only masked' ? filling(output) : resized(resizeMode, init, output);
}
