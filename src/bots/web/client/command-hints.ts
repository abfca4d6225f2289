import { h } from './dom.ts';
import type { WireSetup } from './wire.ts';
import type { Language, Words } from './words.ts';

/** A list of commands while one is being typed. */
export interface CommandHints {
  readonly element: HTMLElement;
  /** Looks at what is typed now. */
  refresh(): void;
  /** Whether a key was meant for the list. */
  take(event: KeyboardEvent): boolean;
}

type Commands = WireSetup['commands'];

function fitting(commands: Commands, typed: string): Commands {
  const word = /^\/([a-z]*)$/i.exec(typed)?.[1]?.toLowerCase();
  return word === undefined ? [] : commands.filter(({ name }) => name.startsWith(word));
}

export function createCommandHints(
  field: HTMLTextAreaElement,
  commands: Commands,
  language: Language,
  words: Words,
  completed: () => void,
): CommandHints {
  const element = h('ul', { class: 'hints', id: 'hints', role: 'listbox', 'aria-label': words.commands, hidden: true });
  let found: Commands = [];
  let chosen = 0;
  const complete = (index: number) => {
    field.value = `/${found[index]?.name ?? ''} `;
    field.focus();
    completed();
  };
  const show = () => {
    element.hidden = found.length === 0;
    if (found.length > 0) field.setAttribute('aria-activedescendant', `hint-${chosen}`);
    else field.removeAttribute('aria-activedescendant');
    element.replaceChildren(
      ...found.map(({ name, about }, i) =>
        h(
          'li',
          {
            id: `hint-${i}`,
            role: 'option',
            'aria-selected': String(i === chosen),
            on: { pointerdown: (event) => event.preventDefault(), click: () => complete(i) },
          },
          h('code', {}, `/${name}`),
          h('span', {}, about[language]),
        ),
      ),
    );
  };
  const move = (by: number) => {
    chosen = (chosen + by + found.length) % found.length;
    show();
    element.children[chosen]?.scrollIntoView({ block: 'nearest' });
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Tab: () => complete(chosen),
    Enter: () => complete(chosen),
    Escape: () => {
      found = [];
      show();
    },
  };
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', 'hints');
  return {
    element,
    refresh() {
      found = fitting(commands, field.value);
      chosen = 0;
      show();
    },
    take(event) {
      const isWhole = found.length === 1 && field.value === `/${found[0]!.name}`;
      const act =
        found.length > 0 && !event.shiftKey && !(isWhole && event.key === 'Enter') ? keys[event.key] : undefined;
      if (!act) return false;
      event.preventDefault();
      act();
      return true;
    },
  };
}
