import { actionButton } from './card.ts';
import { h, icon } from './dom.ts';
import { readTitle } from './reading.ts';
import type { WireButton, WireCard } from './wire.ts';
import type { Words } from './words.ts';

/** How long a notice stays, ms: one that says what went wrong and what to do takes longer to read. */
const shownMs = { buttons: 60_000, warning: 20_000, other: 9000 } as const;
/** Notices on the page at once. */
const MOST = 3;

/** Short notices in a corner. They stay while somebody points at them, and longest where there is something to press. */
export interface Toasts {
  readonly element: HTMLElement;
  show(card: Pick<WireCard, 'title' | 'lines' | 'block' | 'tone' | 'rows'>): void;
  /** A sentence of the page's own. */
  say(text: string): void;
}

/** @param focusLost  a notice that had the focus is gone */
export function createToasts(
  words: Words,
  press: (button: WireButton) => Promise<unknown>,
  focusLost: () => void,
): Toasts {
  const element = h('div', { class: 'toasts', role: 'alert' });
  const show: Toasts['show'] = ({ title, lines, block, tone, rows }) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = () => {
      const hadFocus = toast.querySelector(':focus-visible') !== null; // a touch is not to bring up a keyboard
      toast.remove();
      if (hadFocus) focusLost();
    };
    const stay = () => clearTimeout(timer);
    const buttons = rows.flat();
    const wait = () => {
      stay();
      const time = buttons.length > 0 ? shownMs.buttons : tone === 'warning' ? shownMs.warning : shownMs.other;
      timer = setTimeout(leave, time);
    };
    const follow = async (button: WireButton) => {
      leave();
      await press(button);
    };
    const close = h(
      'button',
      { class: 'plain-button', type: 'button', 'aria-label': words.dismiss, on: { click: leave } },
      icon('cx'),
    );
    const text = h(
      'div',
      { class: 'toast-text' },
      h('strong', {}, readTitle(title).rest),
      ...lines.map((line) => h('p', {}, line)),
      block.length > 0 && h('pre', {}, block.join('\n')),
      buttons.length > 0 && h('div', { class: 'row' }, ...buttons.map((one) => actionButton(one, () => follow(one)))),
    );
    const on = { pointerenter: stay, pointerleave: wait, focusin: stay, focusout: wait };
    const toast = h('div', { class: `toast tone-${tone}`, on }, text, close);
    element.append(toast);
    while (element.children.length > MOST) element.firstElementChild?.remove();
    wait();
  };
  return { element, show, say: (text) => show({ title: text, lines: [], block: [], tone: 'warning', rows: [] }) };
}
