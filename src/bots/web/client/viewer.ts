import { h, icon } from './dom.ts';
import type { WireImage } from './wire.ts';
import type { Words } from './words.ts';

export interface Viewing {
  readonly images: readonly WireImage[];
  readonly index: number;
  readonly words: Words;
  readonly reply: () => void;
  /** Absent where there is nothing to repaint. */
  readonly paint?: ((image: WireImage) => void) | undefined;
}

/** Shows pictures large, one at a time. */
export function openViewer({ images, index, words, reply, paint }: Viewing): void {
  let current = index;
  const img = h('img', {});
  const stage = h('div', { class: 'viewer-stage' }, img);
  const place = h('span', { class: 'viewer-place' });
  const tool = (name: Parameters<typeof icon>[0], label: string, click: () => void) =>
    h('button', { class: 'viewer-tool', type: 'button', title: label, 'aria-label': label, on: { click } }, icon(name));
  const save = h('a', { class: 'viewer-tool', title: words.save, 'aria-label': words.save }, icon('fl'));
  const close = () => dialog.close();
  const leaveTo = (go: () => void) => () => {
    close();
    go();
  };
  const image = () => images[current]!;
  const painting =
    paint &&
    tool(
      'brush',
      words.paintMask,
      leaveTo(() => paint(image())),
    );
  const bar = h(
    'div',
    { class: 'viewer-bar' },
    place,
    h('span', { class: 'spring' }),
    painting,
    tool('reply', words.reply, leaveTo(reply)),
    save,
    tool('cx', words.close, close),
  );
  const turn = (by: number) => {
    current = (current + by + images.length) % images.length;
    show();
  };
  const many = images.length > 1;
  const arrows = many ? [tool('left', words.previous, () => turn(-1)), tool('right', words.next, () => turn(1))] : [];
  const dialog = h('dialog', { class: 'viewer' }, bar, stage, h('div', { class: 'viewer-arrows' }, ...arrows));
  const show = () => {
    const { src, name, description } = image();
    img.src = src;
    img.alt = description;
    save.href = src;
    save.download = name;
    dialog.setAttribute('aria-label', description);
    place.textContent = many ? `${current + 1} / ${images.length}` : '';
    stage.classList.remove('actual');
  };
  img.addEventListener('click', () => stage.classList.toggle('actual'));
  stage.addEventListener('click', (event) => {
    if (event.target === stage) close();
  });
  dialog.addEventListener('keydown', (event) => {
    if (many && event.key === 'ArrowLeft') turn(-1);
    if (many && event.key === 'ArrowRight') turn(1);
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();
}
