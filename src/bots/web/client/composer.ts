import { createCommandHints } from './command-hints.ts';
import { h, icon } from './dom.ts';
import { smallCopy } from './pictures.ts';
import { readDraft, saveDraft } from './preferences.ts';
import type { Attachment } from './server.ts';
import { titleOf } from './transcript.ts';
import { createTray } from './tray.ts';
import type { WireMessage, WireSetup } from './wire.ts';
import type { Language, Words } from './words.ts';

/** What is ready to be sent. */
export interface Draft {
  readonly text: string;
  readonly replyTo: string | null;
  readonly attachments: readonly Attachment[];
}

export interface ComposerOptions {
  readonly words: Words;
  readonly language: Language;
  readonly setup: WireSetup;
  /** Chips of the parameters in force. */
  readonly chips: HTMLElement;
  readonly send: (draft: Draft) => void;
  /** Lets a mask be painted over a picture of the draft. */
  readonly paint: (picture: File) => Promise<void>;
  readonly complain: (text: string) => void;
  readonly toggleSettings: () => void;
}

/** Where messages are written. */
export interface Composer {
  readonly element: HTMLElement;
  /** Adds files; those that are no pictures or too big are refused in words. */
  add(files: readonly File[], role: Attachment['role']): Promise<void>;
  reply(message: WireMessage | null): void;
  choose(): void;
  focus(): void;
}

const mostFiles = 2;

export function createComposer(options: ComposerOptions): Composer {
  const { words, setup, complain } = options;
  let replyTo: WireMessage | null = null;
  const tray = createTray(
    words,
    () => refresh(),
    (picture) => void options.paint(picture),
  );
  const field = h('textarea', { rows: 1, placeholder: words.placeholder, 'aria-label': words.message });
  const hints = createCommandHints(field, setup.commands, options.language, words, () => refresh());
  const picker = h('input', { type: 'file', accept: 'image/*', multiple: true, hidden: true, tabindex: -1 });
  const banner = h('div', { class: 'reply-banner', hidden: true });
  const tool = (name: 'attach' | 'st' | 'send', label: string, on: () => void, look = '') =>
    h(
      'button',
      { class: `tool ${look}`, type: 'button', title: label, 'aria-label': label, on: { click: on } },
      icon(name),
    );
  const sendButton = tool('send', words.send, () => send(), 'send');
  const box = h(
    'div',
    { class: 'box' },
    banner,
    tray.element,
    options.chips,
    h(
      'div',
      { class: 'box-row' },
      tool('attach', words.attach, () => picker.click()),
      field,
      tool('st', words.settings, options.toggleSettings),
      sendButton,
    ),
  );
  const element = h('footer', { class: 'composer' }, h('div', { class: 'column' }, hints.element, box, picker));

  const add: Composer['add'] = async (files, role) => {
    for (const file of files) {
      const limit = setup.fileLimit;
      if (!file.type.startsWith('image/')) complain(words.notPicture);
      else if (file.size > limit) complain(words.tooBig(limit / 1024 ** 2));
      else if (tray.attachments().length >= mostFiles) complain(words.tooMany);
      else tray.add({ role, file, view: await smallCopy(file) });
    }
    refresh();
    field.focus();
  };
  const reply: Composer['reply'] = (message) => {
    replyTo = message;
    banner.hidden = message === null;
    field.placeholder = message ? words.placeholderReply : words.placeholder;
    const stop = () => reply(null);
    const src = message?.card?.images[0]?.src ?? message?.said?.files[0]?.src;
    banner.replaceChildren(
      ...(message
        ? [
            src ? h('img', { src, alt: '' }) : icon('reply'),
            h('span', {}, `${words.replyingTo} `, h('strong', {}, titleOf(message))),
            h(
              'button',
              { class: 'plain-button', type: 'button', 'aria-label': words.stopReply, on: { click: stop } },
              icon('cx'),
            ),
          ]
        : []),
    );
    if (message) field.focus();
  };
  const isEmpty = () => field.value.trim() === '' && tray.attachments().length === 0;
  const send = () => {
    if (isEmpty()) return;
    options.send({ text: field.value.trim(), replyTo: replyTo?.id ?? null, attachments: tray.attachments() });
    field.value = '';
    tray.clear();
    reply(null);
    refresh();
    field.focus();
  };
  const refresh = () => {
    sendButton.disabled = isEmpty();
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
    saveDraft(field.value);
    hints.refresh();
  };
  field.addEventListener('input', refresh);
  field.addEventListener('keydown', (event) => {
    if (event.isComposing || hints.take(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') reply(null);
  });
  picker.addEventListener('change', () => {
    void add([...(picker.files ?? [])], 'image');
    picker.value = '';
  });
  field.value = readDraft();
  queueMicrotask(refresh); // once it stands on the page it has a height
  return { element, add, reply, choose: () => picker.click(), focus: () => field.focus() };
}
