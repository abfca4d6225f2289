import type { DrawingMessages } from './drawing.ts';

export const drawingEn: DrawingMessages = {
  mask: {
    title: (number, by) => `Repaint this part of #${number}? · mask by @${by}`,
    removeTitle: (number, by) => `Remove this from #${number}? · mask by @${by}`,
    area: (percent) => `Red is repainted: ${percent} % of the picture.`,
    noWords: 'No words yet: Use asks for them, or reply with them.',
    uses: {
      'inpaint sketch': 'Your strokes are taken as colours: they and a little around them are repainted.',
      sketch: 'The whole drawing is repainted.',
    },
    description: (number, percent) => `Picture #${number} with ${percent} % of it marked in red`,
    softOn: 'Soft: on',
    softOff: 'Soft: off',
    isSketch: 'It’s a sketch',
    isMask: 'It’s a mask',
    combineTitle: 'How shall it be combined with the mask before?',
    combinations: { union: '∪ Both', intersect: '∩ Overlap', subtract: '− Without it', xor: '⊕ Either one' },
    promptTitle: (number) => `Repaint a part of #${number}`,
    kept: 'Kept as the mask of your next inpaint command here, for 30 minutes.',
    keptSketch: 'Kept as the drawing of your next sketch command here, for 30 minutes.',
  },
  remove: {
    what: (target) => `Remove: ${target}`,
    prompt: (before, after) => `Prompt: "${before}" → "${after}"`,
    title: (number) => `Remove something from #${number}`,
    target: 'What is it? (a word or two)',
    how: [
      'Save the picture, circle the thing in red with your phone’s or messenger’s pen, and reply to the picture with it and "remove vase".',
      'A black and white mask sent with those words works too.',
    ],
  },
  newPicture: {
    title: 'That looks like another picture',
    line: 'Too much of it is new for strokes on a copy. Is it a new picture, or was it drawn on another one?',
    pick: 'Pick the original',
    which: 'On which picture did you draw?',
  },
  region: {
    title: (number) => `Which part of #${number}?`,
    lines: [
      'Draw on it: save the picture, mark the part with a thick red pen, and reply to the picture with it and your words. A circle selects what is inside. Other colours are taken as a sketch.',
      'Mask: reply to the picture with a black and white one of the same shape; white is repainted.',
    ],
    painting: [
      'Paint over it here, and say what shall be there.',
      'Or drop a copy that you have drawn on onto the picture: a red circle selects what is inside, other colours are taken as a sketch. A black and white mask does too; white is repainted.',
    ],
  },
  outpaint: {
    title: (number, by) => `Enlarge #${number} · @${by}`,
    size: (before, after, passes) => `${before} → ${after}${passes > 1 ? ` · ${passes} passes` : ''}`,
    nothing: 'Choose one or more sides.',
    methods: {
      'outpainting mk2': 'mk2',
      "poor man's outpainting": 'poor man’s',
      'mosaic outpaint': 'mosaic',
    },
    promptTitle: (number) => `What is around #${number}?`,
    prompt: 'Prompt…',
    go: 'Go',
    description: (size) => `The picture in its new frame, ${size}; a chessboard stands for what will be painted`,
    preset: 'Preset',
    presetNote: 'Preset: 128 px left and right, blur 16, fall-off 0.6, Restart, SGM Uniform, strength 0.8',
  },
  upscale: {
    title: (number) => `Enlarge #${number}`,
    lines: [
      'img2img repaints all of it at twice the size (strength 0.3); SD upscale does so in tiles.',
      'Lanczos and Nearest enlarge without repainting.',
    ],
    ways: {
      img2img: '2× img2img',
      sd: '2× SD upscale',
      lanczos: '2× Lanczos',
      nearest: '2× Nearest',
      custom: 'Custom…',
    },
    form: (number) => `Enlarge #${number}`,
    factor: 'Factor (1 to 4)',
    set: (strength) => `Set ${strength}`,
  },
  sheet: {
    title: 'Nothing to draw on yet',
    lines: ['Send a picture you have drawn on, or take a blank sheet: draw on it and reply to it with your drawing.'],
    posted: 'Draw on it and reply with the drawing and your words.',
  },
};
