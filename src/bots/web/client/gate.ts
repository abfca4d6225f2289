import { h } from './dom.ts';
import { beginSession, UnknownHere } from './server.ts';
import type { Words } from './words.ts';

/** The token in a link, or what is left of one. */
export function tokenIn(text: string): string {
  return text.slice(text.lastIndexOf('#') + 1).trim();
}

/** Asks for the link until it is the right one. */
export function askForLink(words: Words): Promise<void> {
  const field = h('input', {
    type: 'password',
    'aria-label': words.gateField,
    placeholder: words.gateField,
    autocomplete: 'off',
  });
  const trouble = h('p', { class: 'gate-trouble', role: 'alert' });
  const form = h(
    'form',
    { class: 'gate' },
    h('img', { src: '/icon.svg', alt: '', width: 48, height: 48 }),
    h('h1', {}, words.gateTitle),
    h('p', {}, words.gateText),
    h('div', { class: 'gate-row' }, field, h('button', { class: 'action primary', type: 'submit' }, words.gateOpen)),
    trouble,
  );
  document.body.replaceChildren(form);
  field.focus();
  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      beginSession(tokenIn(field.value)).then(resolve, (error: unknown) => {
        trouble.textContent = error instanceof UnknownHere ? words.gateWrong : words.failed;
      });
    });
  });
}
