import { h, icon } from './dom.ts';
import type { WireFile, WireSaid } from './wire.ts';
import type { Words } from './words.ts';

function thumbnail({ name, role, src }: WireFile, words: Words): HTMLElement {
  const label = role === 'mask' ? words.mask : words.picture;
  const look = src
    ? h('img', { src, alt: `${label}: ${name}`, decoding: 'async' })
    : h('span', { class: 'nameless' }, icon('attach'), name);
  return h('figure', { class: `sent-file ${role}` }, look, role === 'mask' && h('figcaption', {}, label));
}

/** Words with their parameters (`--seed`) kept in one piece and set back. */
function said(text: string): HTMLElement {
  const parts = text.split(/((?<!\S)--[a-z][\w-]*)/i); // every other one is a parameter's name
  return h(
    'p',
    { class: 'said' },
    ...parts.map((part, i) => (i % 2 === 1 ? h('span', { class: 'flag' }, part) : part)),
  );
}

/** What somebody said: their pictures, words and the parameters they chose beside them. */
export function createBubble({ name, text, files, settings }: WireSaid, isOwn: boolean, words: Words): HTMLElement {
  const chips = Object.entries(settings).map(([key, value]) => h('span', { class: 'chip' }, `${key} ${value}`));
  return h(
    'div',
    { class: `bubble${isOwn ? ' own' : ''}` },
    isOwn ? null : h('span', { class: 'speaker' }, name),
    files.length > 0 && h('div', { class: 'sent-files' }, ...files.map((file) => thumbnail(file, words))),
    text !== '' && said(text),
    chips.length > 0 && h('div', { class: 'chips' }, ...chips),
  );
}
