import { h, icon } from './dom.ts';
import type { Attachment } from './server.ts';
import type { Words } from './words.ts';

/** The pictures that will go with a message; each can be turned into a mask and back. */
export interface Tray {
  readonly element: HTMLElement;
  attachments(): readonly Attachment[];
  add(attachment: Attachment): void;
  clear(): void;
}

/** @param paint lets a mask be painted over a picture that has none yet */
export function createTray(words: Words, changed: () => void, paint: (picture: File) => void): Tray {
  const element = h('div', { class: 'tray', hidden: true });
  let held: { readonly attachment: Attachment; readonly src: string }[] = [];
  const replace = (now: typeof held) => {
    held = now;
    element.hidden = held.length === 0;
    const [only, ...others] = held;
    const slot =
      only && others.length === 0 && only.attachment.role === 'image' ? [maskSlot(only.attachment.file)] : [];
    element.replaceChildren(...held.map(thumbnail), ...slot);
    changed();
  };
  const maskSlot = (picture: File) =>
    h(
      'button',
      { class: 'mask-slot', type: 'button', on: { click: () => paint(picture) } },
      icon('brush'),
      words.paintMask,
    );
  const thumbnail = (entry: (typeof held)[number]) => {
    const { attachment, src } = entry;
    const { role, file } = attachment;
    const turned: Attachment = { ...attachment, role: role === 'mask' ? 'image' : 'mask' };
    const turn = () => replace(held.map((other) => (other === entry ? { attachment: turned, src } : other)));
    const drop = () => {
      URL.revokeObjectURL(src);
      replace(held.filter((other) => other !== entry));
    };
    const [now, action] = role === 'mask' ? [words.mask, words.asPicture] : [words.picture, words.asMask];
    return h(
      'figure',
      { class: `held ${role}` },
      h('img', { src, alt: `${now}: ${file.name}` }),
      h(
        'button',
        { class: 'role', type: 'button', title: action, 'aria-label': `${now}. ${action}`, on: { click: turn } },
        now,
      ),
      h(
        'button',
        { class: 'drop', type: 'button', 'aria-label': `${words.remove} ${file.name}`, on: { click: drop } },
        icon('cx'),
      ),
    );
  };
  return {
    element,
    attachments: () => held.map(({ attachment }) => attachment),
    add(attachment) {
      const others = attachment.role === 'mask' ? held.filter((entry) => entry.attachment.role !== 'mask') : held;
      replace([...others, { attachment, src: URL.createObjectURL(attachment.view ?? attachment.file) }]);
    },
    clear() {
      for (const { src } of held) URL.revokeObjectURL(src);
      replace([]);
    },
  };
}
