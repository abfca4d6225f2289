import { h } from './dom.ts';
import type { Words } from './words.ts';

export interface DropTarget {
  /** Pictures dropped or pasted anywhere. */
  picture(files: readonly File[]): void;
  /** A picture dropped where the draft's mask belongs. */
  maskOfDraft(file: File): void;
  /** A mask, or a copy that was drawn on, dropped onto the picture of a message. */
  onto(message: string, file: File): void;
}

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/** The message whose picture is under the pointer, if it is a version of something. */
function messageUnder(event: DragEvent): string | null {
  const gallery = (event.target as Element).closest('.gallery[data-version]');
  return gallery?.closest<HTMLElement>('[data-message]')?.dataset.message ?? null;
}

/** Lets files be dropped and pasted everywhere on the page. @returns what shows where they would go */
export function acceptDrops(target: DropTarget, words: Words): HTMLElement {
  const label = h('p', {});
  const element = h('div', { class: 'drop-veil', hidden: true, 'aria-hidden': 'true' }, label);
  let over: Element | null = null;
  const point = (now: Element | null) => {
    over?.classList.remove('drop-target');
    over = now;
    over?.classList.add('drop-target');
  };
  const leave = () => {
    element.hidden = true;
    point(null);
  };
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    element.hidden = false;
    const message = messageUnder(event);
    point(message === null ? null : (event.target as Element).closest('.gallery'));
    element.classList.toggle('aside', message !== null);
    label.textContent = message === null ? words.dropHere : words.dropMask;
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) leave();
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    const message = messageUnder(event);
    const isSlot = (event.target as Element).closest('.mask-slot') !== null;
    leave();
    const [first] = files;
    if (isSlot && first) target.maskOfDraft(first);
    else if (message !== null && first) target.onto(message, first);
    else target.picture(files);
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    target.picture(files);
  });
  return element;
}
