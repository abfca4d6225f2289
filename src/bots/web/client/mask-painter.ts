import { h, icon } from './dom.ts';
import { drawStroke, drawStrokes, maskOf, type Stroke } from './strokes.ts';
import type { Words } from './words.ts';

/** Colour of the mask while it is painted; CSS makes it translucent. */
const tint = '#e0359a';

interface Tools {
  kind: Stroke['kind'];
  /** Diameter in pixels of the picture. */
  size: number;
}

/** Draws what a pointer does onto `canvas`, stroke by stroke; what comes within a frame is drawn at once. */
function painting(canvas: HTMLCanvasElement, tools: Tools, strokes: Stroke[], begun: () => void): void {
  let points: { x: number; y: number }[] | null = null;
  let isDue = false;
  const grown = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      const last = strokes.at(-1);
      if (last) drawStroke(canvas, last, tint);
    });
  };
  const at = ({ clientX, clientY }: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return { x: (clientX - box.left) * scale, y: (clientY - box.top) * scale };
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    points = [at(event)];
    strokes.push({ ...tools, points });
    begun();
    grown();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!points) return;
    const moves = event.getCoalescedEvents();
    points.push(...(moves.length > 0 ? moves : [event]).map(at));
    grown();
  });
  const end = () => {
    points = null;
  };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
}

function toggle(name: 'brush' | 'eraser', label: string, choose: () => void): HTMLButtonElement {
  return h(
    'button',
    { class: 'action quiet', type: 'button', on: { click: choose } },
    icon(name),
    h('span', {}, label),
  );
}

/** Sides of a mask at most, px: the engine brings it to the picture's size. */
const LONGEST_SIDE = 4096;

/** Lets somebody paint over a picture. @returns the mask, or null when they think better of it */
export async function paintMask(src: string, description: string, words: Words): Promise<File | null> {
  const img = h('img', { src, alt: description, draggable: 'false' });
  await img.decode();
  const scale = Math.min(1, LONGEST_SIDE / Math.max(img.naturalWidth, img.naturalHeight));
  const [width, height] = [Math.round(img.naturalWidth * scale), Math.round(img.naturalHeight * scale)];
  const canvas = h('canvas', { width, height });
  const strokes: Stroke[] = [];
  const tools: Tools = { kind: 'paint', size: Math.round(Math.min(width, height) / 10) };
  const note = () => {
    use.disabled = strokes.length === 0;
  };
  painting(canvas, tools, strokes, note);
  const choose = (kind: Stroke['kind']) => {
    tools.kind = kind;
    brush.setAttribute('aria-pressed', String(kind === 'paint'));
    eraser.setAttribute('aria-pressed', String(kind === 'erase'));
  };
  const brush = toggle('brush', words.brush, () => choose('paint'));
  const eraser = toggle('eraser', words.eraser, () => choose('erase'));
  const size = h('input', {
    type: 'range',
    min: 2,
    max: Math.round(Math.max(width, height) / 3),
    'aria-label': words.size,
  });
  size.value = String(tools.size);
  size.addEventListener('input', () => {
    tools.size = Number(size.value);
  });
  const back = (count: number) => {
    strokes.length = Math.max(0, strokes.length - count);
    drawStrokes(canvas, strokes, tint);
    note();
  };
  const undo = h(
    'button',
    { class: 'action quiet', type: 'button', on: { click: () => back(1) } },
    icon('un'),
    h('span', {}, words.undoStroke),
  );
  const clear = h(
    'button',
    { class: 'action quiet', type: 'button', on: { click: () => back(strokes.length) } },
    words.clear,
  );
  const cancel = h(
    'button',
    { class: 'action quiet', type: 'button', on: { click: () => dialog.close() } },
    words.cancel,
  );
  const use = h('button', { class: 'action primary', type: 'button', disabled: true }, words.useMask);
  const easel = h('div', { class: 'easel' }, img, canvas);
  easel.style.setProperty('--ratio', String(width / height));
  const bar = h(
    'div',
    { class: 'painter-bar' },
    brush,
    eraser,
    h('label', { class: 'brush-size' }, words.size, size),
    undo,
    clear,
    h('span', { class: 'spring' }),
    cancel,
    use,
  );
  const dialog = h(
    'dialog',
    { class: 'painter', 'aria-label': words.paintMask },
    h('p', { class: 'painter-about' }, words.paintAbout),
    h('div', { class: 'easel-room' }, easel),
    bar,
  );
  const resize = (factor: number) => {
    size.value = String(Math.round(tools.size * factor));
    tools.size = Number(size.value);
  };
  const keys: Readonly<Record<string, () => void>> = {
    '[': () => resize(0.8),
    ']': () => resize(1.25),
    b: () => choose('paint'),
    e: () => choose('erase'),
    z: () => back(1),
  };
  dialog.addEventListener('keydown', (event) => keys[event.key]?.());
  choose('paint');
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let mask: Promise<File> | null = null;
    use.addEventListener('click', () => {
      mask = maskOf(canvas, strokes);
      dialog.close();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(mask);
    });
  });
}
