import { type Composer, createComposer, type Draft } from './composer.ts';
import { h } from './dom.ts';
import { acceptDrops } from './drops.ts';
import { type Again, askForm } from './form-dialog.ts';
import { paintableOf } from './gallery.ts';
import { createHeader } from './header.ts';
import { createHero } from './hero.ts';
import { AGAIN_MS, listen } from './live.ts';
import { paintMask } from './mask-painter.ts';
import { isMask } from './pictures.ts';
import { type Preferences, savePreferences } from './preferences.ts';
import { readTitle } from './reading.ts';
import { dismiss, fetchConversation, newKey, press, type Saying, type Self, say, UnknownHere } from './server.ts';
import { createSettings } from './settings.ts';
import { createToasts } from './toasts.ts';
import { createTranscript, type Pending, type Transcript } from './transcript.ts';
import { openViewer } from './viewer.ts';
import type {
  WireAnswer,
  WireButton,
  WireCard,
  WireForm,
  WireImage,
  WireMessage,
  WireSaid,
  WireSetup,
} from './wire.ts';
import { words as allWords, type Words } from './words.ts';

/** Everything the parts of the page share. */
class Chat {
  readonly #words: Words;
  readonly #preferences: Preferences;
  readonly #setup: WireSetup;
  readonly #toasts;
  readonly #transcript: Transcript;
  readonly #composer: Composer;
  readonly #settings;
  readonly #header;
  readonly element: HTMLElement;

  constructor(preferences: Preferences, setup: WireSetup) {
    const { language } = preferences;
    this.#preferences = preferences;
    this.#setup = setup;
    const words = allWords[language];
    this.#words = words;
    this.#toasts = createToasts(
      words,
      (button) => this.#press(null, button),
      () => this.#composer.focus(),
    );
    const remember = () => savePreferences(preferences);
    const changed = (values: Readonly<Record<string, string>>) => {
      preferences.settings = values;
      remember();
    };
    const panel = { words, language, fields: setup.fields, values: preferences.settings };
    this.#settings = createSettings({ ...panel, changed, close: () => this.#togglePanel() });
    this.#header = createHeader({ words, preferences, changed: remember, languageChanged: () => location.reload() });
    this.#composer = createComposer({
      ...{ words, language, setup, chips: this.#settings.chips },
      send: (draft) => this.#send(draft),
      paint: (file) => this.#paintOver(file),
      complain: (text) => this.#toasts.say(text),
      toggleSettings: () => this.#togglePanel(),
    });
    this.#transcript = createTranscript({
      ...{ words, user: setup.user },
      hero: createHero(words, () => this.#composer.choose()),
      loadEarlier: fetchConversation,
      focusLost: () => this.#composer.focus(),
      actions: {
        press: (message, button) => this.#press(message, button),
        reply: (message) => this.#composer.reply(message),
        open: (message, index) => this.#open(message, index),
        paint: (message, image) => void this.#paint(message, image),
        paintAbout: ({ replyTo }) => this.#paintAbout(this.#transcript.find(replyTo ?? '')),
        dismiss: ({ id }) => void this.#attempt(() => dismiss(id)),
      },
    });
    const veil = acceptDrops(
      {
        picture: (files) => void this.#composer.add(files, 'image'),
        maskOfDraft: (file) => void this.#composer.add([file], 'mask'),
        onto: (id, file) => void this.#addTo(this.#transcript.find(id), file),
      },
      words,
    );
    const main = h('div', { class: 'middle' }, this.#transcript.element, this.#composer.element);
    this.element = h(
      'div',
      { class: 'app' },
      this.#header.element,
      main,
      this.#settings.element,
      veil,
      this.#toasts.element,
    );
    this.element.classList.toggle('panel-open', preferences.panelOpen && matchMedia('(min-width: 1080px)').matches);
  }

  /** Loads the conversation and stays with it, as soon as the server answers. */
  async open(): Promise<void> {
    try {
      await this.#load();
    } catch (error) {
      if (error instanceof UnknownHere) return location.reload(); // to the gate
      this.#header.connected(false);
      setTimeout(() => void this.open(), AGAIN_MS);
    }
  }

  async #load(): Promise<void> {
    const { messages, earlier, event } = await fetchConversation(null);
    this.#transcript.reset(messages, earlier);
    const stop = listen(event, {
      connected: (isConnected) => this.#header.connected(isConnected),
      hear: (change) => {
        if (change.kind !== 'reset') return this.#transcript.apply(change);
        stop();
        void this.open(); // too much was missed
      },
    });
  }

  focus(): void {
    this.#composer.focus();
  }

  #self(): Self {
    const { name, language } = this.#preferences;
    return { name, locale: language === 'zh' ? 'zh-CN' : 'en' };
  }

  #togglePanel(): void {
    const isOpen = this.element.classList.toggle('panel-open');
    this.#preferences.panelOpen = isOpen;
    savePreferences(this.#preferences);
    if (isOpen)
      this.#settings.element.querySelector<HTMLElement>('input:not([type="range"])')?.focus({ preventScroll: true });
    else this.#composer.focus();
  }

  /** What went wrong is said, and that is all. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof UnknownHere) return location.reload(); // to the gate
      this.#toasts.say(this.#words.failed);
    }
  }

  #send({ text, replyTo, attachments }: Draft): void {
    const saying = { key: newKey(), text, settings: this.#settings.values(), replyTo, attachments };
    const files = attachments.map(({ role, file, view }) => ({
      name: file.name,
      role,
      src: view && URL.createObjectURL(view),
    }));
    const said: WireSaid = { user: this.#setup.user, name: this.#self().name, text, settings: saying.settings, files };
    void this.#deliver(saying, this.#transcript.await(saying.key, said));
  }

  async #deliver(saying: Saying, pending: Pending): Promise<void> {
    try {
      await this.#follow(await say(this.#self(), saying), null);
      pending.done();
    } catch {
      pending.fail(() => void this.#deliver(saying, pending));
    }
  }

  /** Shows what was answered to us alone. */
  async #follow({ told, form }: WireAnswer, message: string | null): Promise<void> {
    for (const card of told) this.#toasts.show(card);
    if (form) await this.#ask(form, message);
  }

  /** Asks a form until it is answered so that it will do, or nobody wants to. */
  async #ask(form: WireForm, message: string | null, again?: Again): Promise<void> {
    const values = await askForm(form, this.#words, again);
    if (!values) return;
    const showEnd = this.#transcript.following();
    await this.#attempt(async () => {
      const answer = await press(this.#self(), { code: form.code, message, values });
      const [refused] = answer.told;
      // What has a button to mend it with is a notice; else it is mended where it was written.
      if (refused?.tone === 'warning' && refused.rows.length === 0)
        return this.#ask(form, message, { values, trouble: [readTitle(refused.title).rest, ...refused.lines] });
      await this.#follow(answer, message);
      if (!answer.inPlace) showEnd();
    });
  }

  /** @param pressed  the message with the button; null for one of a notice */
  async #press(pressed: WireMessage | null, { code }: Pick<WireButton, 'code'>): Promise<WireCard | null> {
    const id = pressed?.id ?? null;
    let menu: WireCard | null = null;
    const showEnd = this.#transcript.following();
    await this.#attempt(async () => {
      const answer = await press(this.#self(), { code, message: id, values: null });
      menu = answer.menu;
      if (!answer.form && !menu && !answer.inPlace && answer.told.length === 0) showEnd(); // what follows stands there
      void this.#follow(answer, id); // a form may stay open as long as it likes
    });
    return menu;
  }

  #open(message: WireMessage, index: number): void {
    const images = message.card?.images ?? [];
    const paint = (image: WireImage) => void this.#paint(message, image);
    const reply = () => this.#composer.reply(message);
    openViewer({ images, index, words: this.#words, reply, paint: paintableOf(images) && paint });
  }

  async #paint(message: WireMessage, image: WireImage): Promise<void> {
    await this.#attempt(async () => {
      const mask = await paintMask(image.src, image.description, this.#words);
      if (mask) await this.#addMask(message, mask);
    });
  }

  #paintAbout(message: WireMessage | undefined): void {
    const image = paintableOf(message?.card?.images ?? []);
    if (message && image) void this.#paint(message, image);
    else this.#toasts.say(this.#words.chooseFirst);
  }

  /** Lets a mask be painted over a picture that is about to be sent. */
  async #paintOver(file: File): Promise<void> {
    const src = URL.createObjectURL(file);
    await this.#attempt(async () => {
      const mask = await paintMask(src, file.name, this.#words);
      if (mask) await this.#composer.add([mask], 'mask');
    });
    URL.revokeObjectURL(src);
  }

  /** A mask of a picture, or a copy that was drawn on. */
  async #addTo(message: WireMessage | undefined, file: File): Promise<void> {
    if (message) this.#composer.reply(message);
    await this.#composer.add([file], (await isMask(file)) ? 'mask' : 'image');
  }

  async #addMask(message: WireMessage | undefined, mask: File): Promise<void> {
    if (message) this.#composer.reply(message);
    await this.#composer.add([mask], 'mask');
  }
}

/** Builds the page for somebody who may be here, and brings it to life. */
export async function openChat(preferences: Preferences, setup: WireSetup): Promise<void> {
  const chat = new Chat(preferences, setup);
  document.body.replaceChildren(chat.element);
  await chat.open();
  chat.focus();
}
