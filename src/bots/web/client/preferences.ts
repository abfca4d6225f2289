import type { Language } from './words.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** What this browser remembers of its person. */
export interface Preferences {
  language: Language;
  theme: Theme;
  name: string;
  /** Chosen parameters by chat option name. */
  settings: Readonly<Record<string, string>>;
  panelOpen: boolean;
}

const key = 'palimpsest';

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>; // our own words
  } catch {
    return {};
  }
}

/** What was remembered; the browser's own language otherwise. */
export function readPreferences(): Preferences {
  const { language, theme, name, settings, panelOpen } = stored();
  const spoken: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  return {
    language: language ?? spoken,
    theme: theme ?? 'auto',
    name: name ?? '',
    settings: settings ?? {},
    panelOpen: panelOpen ?? false,
  };
}

/** Remembers. A browser that may not remember anything forgets, and works nevertheless. */
export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(key, JSON.stringify(preferences));
  } catch {
    return;
  }
}

const draftKey = 'palimpsest-draft';

/** What was being typed when this tab was last reloaded. */
export function readDraft(): string {
  return sessionStorage.getItem(draftKey) ?? '';
}

export function saveDraft(text: string): void {
  sessionStorage.setItem(draftKey, text);
}
