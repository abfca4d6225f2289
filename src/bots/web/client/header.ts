import { h, icon } from './dom.ts';
import type { Preferences, Theme } from './preferences.ts';
import { type Language, languageNames, type Words } from './words.ts';

export interface HeaderOptions {
  readonly words: Words;
  readonly preferences: Preferences;
  readonly changed: () => void;
  /** The page is to be built anew in another language. */
  readonly languageChanged: () => void;
}

export interface Header {
  readonly element: HTMLElement;
  connected(isConnected: boolean): void;
}

/** Shows the page light or dark; `auto` leaves it to the system. */
export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function select<V extends string>(
  label: string,
  options: Readonly<Record<V, string>>,
  value: V,
  choose: (value: V) => void,
) {
  const element = h(
    'select',
    {},
    ...Object.entries<string>(options).map(([name, text]) => h('option', { value: name }, text)),
  );
  element.value = value;
  element.addEventListener('change', () => choose(element.value as V));
  return h('label', { class: 'menu-item' }, h('span', {}, label), element);
}

/** The strip at the top: the name, the connection, and what concerns the person. */
export function createHeader({ words, preferences, changed, languageChanged }: HeaderOptions): Header {
  const status = h('span', { class: 'status', role: 'status', hidden: true }, words.connecting);
  const name = h('input', { type: 'text', maxlength: 40, placeholder: 'Guest', autocomplete: 'nickname' });
  name.value = preferences.name;
  name.addEventListener('change', () => {
    preferences.name = name.value.trim();
    changed();
  });
  const themes = { auto: words.themeAuto, light: words.themeLight, dark: words.themeDark };
  const menu = h(
    'details',
    { class: 'menu' },
    h('summary', { class: 'tool', 'aria-label': words.person, title: words.person }, icon('person')),
    h(
      'div',
      { class: 'menu-body' },
      h('label', { class: 'menu-item' }, h('span', {}, words.you), name),
      select<Language>(words.language, languageNames, preferences.language, (language) => {
        preferences.language = language;
        changed();
        languageChanged();
      }),
      select<Theme>(words.theme, themes, preferences.theme, (theme) => {
        preferences.theme = theme;
        applyTheme(theme);
        changed();
      }),
    ),
  );
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
  const mark = h('img', { src: '/icon.svg', alt: '', width: 22, height: 22 });
  const element = h(
    'header',
    { class: 'top' },
    mark,
    h('h1', {}, 'Palimpsest'),
    status,
    h('span', { class: 'spring' }),
    menu,
  );
  return {
    element,
    connected(isConnected) {
      status.hidden = isConnected;
    },
  };
}
