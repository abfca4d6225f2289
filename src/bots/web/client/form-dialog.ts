import { h } from './dom.ts';
import type { WireForm, WireFormField } from './wire.ts';
import type { Words } from './words.ts';

function question(field: WireFormField): { readonly element: HTMLElement; readonly value: () => string } {
  const { name, label, value, required, maxLength } = field;
  const about = { name, required, maxlength: maxLength };
  const input = field.long
    ? h('textarea', { ...about, rows: name === 'prompt' ? 3 : 2 })
    : h('input', { ...about, type: 'text' });
  input.value = value;
  return {
    element: h('label', { class: `question${field.long ? ' long' : ''}` }, h('span', {}, label), input),
    value: () => input.value,
  };
}

/** A form that is asked again: what was answered, and why that would not do. */
export interface Again {
  readonly values: Readonly<Record<string, string>>;
  readonly trouble: readonly string[];
}

/** Asks a card's question. @returns the answers, or null when nobody wants to answer */
export function askForm(form: WireForm, words: Words, again?: Again): Promise<Readonly<Record<string, string>> | null> {
  const questions = form.fields.map((field) => {
    const { name, value } = field;
    return { name, ...question({ ...field, value: again?.values[name] ?? value }) };
  });
  const trouble =
    again && h('div', { class: 'form-trouble', role: 'alert' }, ...again.trouble.map((line) => h('p', {}, line)));
  const cancel = h('button', { class: 'action quiet', type: 'button' }, words.cancel);
  const apply = h('button', { class: 'action primary', type: 'submit' }, words.apply);
  const body = h(
    'form',
    { method: 'dialog' },
    h('h2', {}, form.title),
    trouble,
    h('div', { class: 'questions' }, ...questions.map(({ element }) => element)),
    h('div', { class: 'dialog-buttons' }, cancel, apply),
  );
  const dialog = h('dialog', { class: 'form-dialog', 'aria-label': form.title }, body);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answers: Readonly<Record<string, string>> | null = null;
    cancel.addEventListener('click', () => dialog.close());
    body.addEventListener('submit', () => {
      answers = Object.fromEntries(questions.map(({ name, value }) => [name, value()]));
    });
    body.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) body.requestSubmit();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answers);
    });
    dialog.showModal();
  });
}
