import type { Label } from './choices.ts';
import type { PresetContent, PresetFlow } from './presets.ts';

/** A preset that is there from the start, under a name of its own in each language. */
export interface Recipe {
  /** As it is typed. */
  readonly name: string;
  readonly label: Label;
  readonly flow: PresetFlow;
  readonly content: PresetContent;
}

const recipe = (name: string, label: Label, flow: PresetFlow, params: PresetContent['params']): Recipe => ({
  ...{ name, label, flow },
  content: { params },
});

/** The project's own recipes: what worked, with the numbers it worked with. */
export const recipes: readonly Recipe[] = [
  recipe('wallpaper', { en: 'Wallpaper from a sketch', zh: '涂鸦变壁纸' }, 'sketch', { denoisingStrength: 0.85 }),
  recipe('add-element', { en: 'Add what is drawn', zh: '添加元素' }, 'sketch', {
    denoisingStrength: 0.5,
    softInpainting: true,
  }),
  recipe('modify-element', { en: 'Change what is drawn over', zh: '修改元素' }, 'sketch', {
    denoisingStrength: 0.7,
    maskedContent: 'original',
    softInpainting: true,
  }),
  recipe('swap', { en: 'Swap one thing for another', zh: '替换物体' }, 'inpaint', {
    denoisingStrength: 0.85,
    maskedContent: 'latent noise',
    softInpainting: true,
  }),
  recipe('remove', { en: 'Remove something', zh: '移除物体' }, 'remove', {
    ...{ maskedContent: 'fill', denoisingStrength: 0.5, dilateMask: 8 },
    ...{ maskBlur: 4, inpaintArea: 'whole picture' },
  }),
  recipe('remove-hard', { en: 'Remove something stubborn', zh: '强力移除' }, 'remove', {
    ...{ maskedContent: 'latent nothing', denoisingStrength: 0.85, dilateMask: 8 },
    ...{ maskBlur: 4, inpaintArea: 'whole picture' },
  }),
  recipe('hands', { en: 'Repair hands and faces', zh: '修复手部与脸部' }, 'detail', {
    inpaintArea: 'only masked',
    denoisingStrength: 0.35,
  }),
  recipe('widen', { en: 'Widen to both sides', zh: '左右外扩' }, 'outpaint', {
    ...{ script: 'outpainting mk2', pixels: 128, mk2MaskBlur: 16, direction: 'left right' },
    ...{ noiseQ: 0.6, colorVariation: 0.05 },
    ...{ sampler: 'Restart', scheduler: 'SGM Uniform', denoisingStrength: 0.8 },
  }),
  recipe('seam', { en: 'Repair seams', zh: '修补接缝' }, 'inpaint', {
    maskedContent: 'original',
    softInpainting: true,
    denoisingStrength: 0.7,
  }),
  recipe('enlarge', { en: 'Enlarge and keep', zh: '放大并保持原貌' }, 'upscale', {
    denoisingStrength: 0.3,
    colorCorrection: true,
  }),
];

/** The recipe somebody names, in either language. */
export function recipeNamed(name: string): Recipe | undefined {
  const wanted = name.trim().toLowerCase();
  return recipes.find(({ name: own, label }) => [own, label.en.toLowerCase(), label.zh].includes(wanted));
}
