import { h, icon } from './dom.ts';
import type { Words } from './words.ts';

/** What is there while nothing has been said: how to begin, and what can be said. */
export function createHero(words: Words, choose: () => void): HTMLElement {
  const canDrop = matchMedia('(hover: hover)').matches;
  const hint = (sample: string, says: string) => h('li', {}, h('code', {}, sample), h('span', {}, says));
  const button = h(
    'button',
    { class: 'action primary', type: 'button', on: { click: choose } },
    icon('attach'),
    h('span', {}, words.heroChoose),
  );
  return h(
    'section',
    { class: 'hero' },
    h('div', { class: 'hero-mark', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
    h('h2', {}, canDrop ? words.heroTitle : words.heroTitleTouch),
    h('p', {}, words.heroText),
    button,
    h(
      'ul',
      { class: 'hero-hints' },
      hint(words.sampleWords, words.hintWords),
      hint(words.samplePlus, words.hintPlus),
      hint('/help', words.hintHelp),
    ),
  );
}
