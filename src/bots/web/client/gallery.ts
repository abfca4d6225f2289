import { h, icon } from './dom.ts';
import { section } from './section.ts';
import type { WireCard, WireImage } from './wire.ts';
import type { Words } from './words.ts';

function picture(image: WireImage, words: Words, open: () => void): HTMLElement {
  const img = h('img', { src: image.src, alt: image.description, draggable: 'false', decoding: 'async' });
  const frame = h('button', { class: 'frame', type: 'button', title: words.larger, on: { click: open } }, img);
  img.addEventListener('error', () => frame.replaceChildren(h('span', { class: 'lost' }, words.gone)));
  return frame;
}

interface PictureActions {
  open(index: number): void;
  paint(image: WireImage): void;
}

function paintButton(words: Words, paint: () => void): HTMLElement {
  const about = { class: 'paint', type: 'button', title: words.paintMask, 'aria-label': words.paintMask };
  return h('button', { ...about, on: { click: paint } }, icon('brush'));
}

/** The picture of a card that a mask can be painted over: its only one, if it is a version of something. */
export function paintableOf(images: readonly WireImage[]): WireImage | undefined {
  const [first, ...others] = images;
  return first?.paintable && others.length === 0 ? first : undefined;
}

/** The pictures of a card, and what can be done with them. */
export function gallery(element: HTMLElement, words: Words, { open, paint }: PictureActions) {
  return section<Pick<WireCard, 'images' | 'spoiler'>>(element, ({ images: files, spoiler }) => {
    const images = files.filter(({ name }) => !name.endsWith('.zip'));
    element.hidden = images.length === 0;
    element.dataset.count = String(Math.min(images.length, 4));
    element.toggleAttribute(
      'data-version',
      images.some(({ paintable }) => paintable),
    );
    for (const [i, image] of images.entries()) {
      const frame = picture(image, words, () => open(i));
      if (images.length > 1) frame.append(h('span', { class: 'tile-number' }, String(i + 1)));
      element.append(frame);
    }
    const paintable = paintableOf(images);
    if (paintable) element.append(paintButton(words, () => paint(paintable)));
    element.classList.toggle('spoiler', spoiler);
    if (!spoiler) return;
    const reveal = () => {
      element.classList.remove('spoiler');
      cover.remove();
    };
    const cover = h('button', { class: 'cover', type: 'button', on: { click: reveal } }, words.show);
    element.append(cover);
  });
}
