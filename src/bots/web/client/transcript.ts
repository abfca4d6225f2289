import { createBubble } from './bubble.ts';
import { type CardView, createCard, type MessageActions } from './card.ts';
import { h, icon } from './dom.ts';
import { readTitle } from './reading.ts';
import type { WireEvent, WireMessage, WireSaid } from './wire.ts';
import type { Words } from './words.ts';

/** Closer to the end than this counts as being there, px. */
const NEAR = 80;
/** Left free above an answer that is read from its top, px. */
const ABOVE = 12;

export interface TranscriptOptions {
  readonly words: Words;
  /** Who we are. */
  readonly user: string;
  readonly actions: MessageActions;
  readonly loadEarlier: (before: string) => Promise<{ messages: readonly WireMessage[]; earlier: boolean }>;
  /** What is shown while there is nothing else. */
  readonly hero: HTMLElement;
  /** What had the focus is gone. */
  readonly focusLost: () => void;
}

/** Something of ours on its way to the server. */
export interface Pending {
  readonly key: string;
  /** It did not arrive. */
  fail(retry: () => void): void;
  done(): void;
}

/** The messages of the conversation, kept at the end while somebody reads there. */
export interface Transcript {
  readonly element: HTMLElement;
  reset(messages: readonly WireMessage[], earlier: boolean): void;
  apply(event: Exclude<WireEvent, { kind: 'reset' }>): void;
  find(id: string): WireMessage | undefined;
  await(key: string, said: WireSaid): Pending;
  /** Remembers what stands at the end now. @returns what shows the end of what came since */
  following(): () => void;
}

interface Shown {
  message: WireMessage;
  readonly item: HTMLLIElement;
  readonly card: CardView | null;
  readonly quote: HTMLElement | null;
}

class TranscriptView implements Transcript {
  readonly element: HTMLElement;
  readonly #options: TranscriptOptions;
  readonly #list = h('ol', { class: 'messages', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions' });
  readonly #scroll: HTMLElement;
  readonly #earlier: HTMLButtonElement;
  readonly #latest: HTMLButtonElement;
  readonly #shown = new Map<string, Shown>();
  readonly #pending = new Map<string, HTMLLIElement>();
  /** Whoever reads there is kept there. */
  #isAtEnd = true;
  /** The newest message, if it is for us alone: where it is taller than the room, its top is the end. */
  #answer: HTMLLIElement | null = null;
  /** Height when it was last looked at: a scroll of another height is the work of what came or went. */
  #height = 0;

  constructor(options: TranscriptOptions) {
    this.#options = options;
    const { words, hero } = options;
    this.#list.setAttribute('aria-label', words.conversation);
    this.#earlier = h(
      'button',
      { class: 'link-button earlier', type: 'button', hidden: true, on: { click: () => void this.#more() } },
      words.earlier,
    );
    this.#latest = h(
      'button',
      { class: 'latest', type: 'button', hidden: true, on: { click: () => this.#toVeryEnd() } },
      icon('down'),
      words.latest,
    );
    const column = h('div', { class: 'column' }, this.#earlier, hero, this.#list);
    this.#scroll = h('div', { class: 'scroll' }, column);
    this.element = h('main', { class: 'transcript' }, this.#scroll, this.#latest);
    this.#scroll.addEventListener('scroll', () => this.#noticeScroll(), { passive: true });
    new ResizeObserver(() => this.#stay()).observe(column);
    new ResizeObserver(() => this.#stay()).observe(this.#scroll);
  }

  reset(messages: readonly WireMessage[], earlier: boolean): void {
    this.#shown.clear();
    for (const message of messages) this.#arrived(message);
    this.#list.replaceChildren(...messages.map((message) => this.#show(message)), ...this.#pending.values());
    this.#earlier.hidden = !earlier;
    this.#tidy();
    this.#toEnd();
  }

  apply(event: Exclude<WireEvent, { kind: 'reset' }>): void {
    if (event.kind === 'removed') this.#remove(event.id);
    else this.#put(event);
    this.#tidy();
  }

  find(id: string): WireMessage | undefined {
    return this.#shown.get(id)?.message;
  }

  await(key: string, said: WireSaid): Pending {
    const { words } = this.#options;
    const note = h('p', { class: 'pending-note' }, words.sending);
    const item = h('li', { class: 'message pending' }, createBubble(said, true, words), note);
    this.#pending.set(key, item);
    this.#list.append(item);
    this.#tidy();
    this.#toVeryEnd();
    const done = () => {
      item.remove();
      this.#pending.delete(key);
      this.#tidy();
    };
    const fail = (retry: () => void) => {
      const again = () => {
        note.replaceChildren(words.sending);
        retry();
      };
      note.replaceChildren(
        `${words.notSent} `,
        h('button', { class: 'link-button', type: 'button', on: { click: again } }, words.again),
        ' ',
        h('button', { class: 'link-button', type: 'button', on: { click: done } }, words.discard),
      );
    };
    return { key, fail, done };
  }

  following(): () => void {
    const before = this.#answer;
    return () => {
      if (this.#answer === before) this.#answer = null;
      this.#toEnd();
    };
  }

  #toEnd(): void {
    this.#isAtEnd = true;
    this.#stay();
  }

  #toVeryEnd(): void {
    this.#answer = null;
    this.#toEnd();
  }

  #put({ kind, message }: Extract<WireEvent, { message: WireMessage }>): void {
    const known = this.#shown.get(message.id);
    if (known) {
      known.message = message;
      known.card?.update(message);
      return;
    }
    this.#arrived(message);
    const others = [...this.#shown.values()];
    const isOlder = (other: Shown | undefined) => other !== undefined && message.at < other.message.at;
    // A card that changes may be older than all that is loaded, or come after newer ones that did not change.
    if (kind === 'changed' && !this.#earlier.hidden && isOlder(others[0])) return;
    const newer = kind === 'changed' ? others.find(isOlder)?.item : undefined;
    const [firstPending] = this.#pending.values();
    if (this.#answer && this.#isAtEnd) {
      this.#stay();
      this.#isAtEnd = this.#isNearEnd(); // an answer that is read from its top stays where it is
    }
    const item = this.#show(message);
    this.#list.insertBefore(item, newer ?? firstPending ?? null);
    this.#answer = message.onlyYou ? item : null;
  }

  /** What was on its way stands here now. */
  #arrived({ nonce }: WireMessage): void {
    const key = nonce.slice(nonce.lastIndexOf(':') + 1);
    this.#pending.get(key)?.remove();
    this.#pending.delete(key);
  }

  #remove(id: string): void {
    const shown = this.#shown.get(id);
    if (!shown) return;
    const hadFocus = shown.item.querySelector(':focus-visible') !== null; // a touch is not to bring up a keyboard
    shown.item.remove();
    this.#shown.delete(id);
    if (this.#answer === shown.item) this.#answer = null;
    if (hadFocus) this.#options.focusLost();
  }

  #show(message: WireMessage): HTMLLIElement {
    const { words, user, actions } = this.#options;
    const card = message.card ? createCard(message, words, actions) : null;
    const isOwn = message.said?.user === user;
    const bubble = message.said ? createBubble(message.said, isOwn, words) : null;
    bubble?.addEventListener('dblclick', () => actions.reply(message));
    const quote = this.#quote(message);
    const item = h(
      'li',
      { class: `message ${isOwn ? 'from-me' : ''}`, 'data-message': message.id },
      quote,
      bubble,
      card?.element,
    );
    this.#shown.set(message.id, { message, item, card, quote });
    return item;
  }

  /** A line about what is replied to. */
  #quote({ replyTo }: WireMessage): HTMLElement | null {
    const target = replyTo === null ? undefined : this.#shown.get(replyTo);
    if (!target) return null;
    const go = () => {
      target.item.scrollIntoView({ block: 'center', behavior: 'smooth' });
      target.item.classList.add('flash');
      setTimeout(() => target.item.classList.remove('flash'), 1200);
    };
    return h('button', { class: 'quote', type: 'button', on: { click: go } }, icon('reply'), titleOf(target.message));
  }

  async #more(): Promise<void> {
    const [oldest] = this.#shown.keys();
    if (oldest === undefined) return;
    this.#earlier.disabled = true;
    try {
      const { messages, earlier } = await this.#options.loadEarlier(oldest);
      const newer = [...this.#shown];
      this.#shown.clear();
      const before = this.#scroll.scrollHeight - this.#scroll.scrollTop;
      this.#list.prepend(...messages.map((message) => this.#show(message)));
      for (const [id, shown] of newer) this.#shown.set(id, shown);
      this.#scroll.scrollTop = this.#scroll.scrollHeight - before;
      this.#earlier.hidden = !earlier;
      this.#tidy();
    } finally {
      this.#earlier.disabled = false;
    }
  }

  /** The hero goes once there is something; what is replied to is not named where it stands right above. */
  #tidy(): void {
    this.#options.hero.hidden = this.#shown.size + this.#pending.size > 0;
    for (const { quote, item, message } of this.#shown.values()) {
      const above = item.previousElementSibling;
      if (quote) quote.hidden = above instanceof HTMLElement && above.dataset.message === message.replyTo;
    }
  }

  #noticeScroll(): void {
    const { scrollHeight, scrollTop } = this.#scroll;
    if (scrollHeight !== this.#height) return; // looked at again once the new size is known
    this.#isAtEnd = this.#isNearEnd() || Math.abs(this.#answerTop() - scrollTop) < 2;
    this.#latest.hidden = this.#isNearEnd();
  }

  #isNearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  /** Where the room stands when the answer is read from its top. */
  #answerTop(): number {
    if (!this.#answer) return Number.POSITIVE_INFINITY;
    return this.#answer.offsetTop - this.#scroll.offsetTop - ABOVE;
  }

  #stay(): void {
    this.#height = this.#scroll.scrollHeight;
    if (this.#isAtEnd) this.#scroll.scrollTop = Math.min(this.#height, this.#answerTop());
    this.#latest.hidden = this.#isNearEnd();
  }
}

/** What a message is called when it is spoken of: `#3`, a card's title, the first words of a text. */
export function titleOf({ card, said }: WireMessage): string {
  const { number, rest } = readTitle(card?.title ?? said?.text ?? '');
  const name = number ?? rest;
  return name.length > 60 ? `${name.slice(0, 59)}…` : name || '…';
}

export function createTranscript(options: TranscriptOptions): Transcript {
  return new TranscriptView(options);
}
