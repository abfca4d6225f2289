import type { Params } from './fields.ts';

/** Blur of the mask along each axis, px: an axis that says nothing of its own has the common one. */
export function maskBlurs({ maskBlur, maskBlurX, maskBlurY }: Pick<Params, 'maskBlur' | 'maskBlurX' | 'maskBlurY'>): {
  readonly x: number;
  readonly y: number;
} {
  return { x: maskBlurX < 0 ? maskBlur : maskBlurX, y: maskBlurY < 0 ? maskBlur : maskBlurY };
}
