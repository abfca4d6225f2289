import { parseText } from '../core/verbs.ts';
import type { Said } from './message.ts';

/** What was typed, told apart. */
export type Typed =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'command'; readonly name: string; readonly text: string };

const editing: readonly string[] = ['edit', 'inpaint'];

/** `--sampler "DPM++ 2M" --steps 30`: chosen parameters as somebody would type them. */
function flags(settings: Said['settings']): string {
  return Object.entries(settings)
    .map(([name, value]) => `--${name} ${/^[\w.-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`)
    .join(' ');
}

/** Words like "undo" or "again" do what their buttons do: with exactly the settings of the picture. */
function isVerb(text: string): boolean {
  try {
    return parseText(text).kind === 'verb';
  } catch {
    return false; // what cannot be read is refused where it is read for good
  }
}

/** What a message says together with the parameters chosen beside it. A picture that comes without words stays without words. */
export function typed({ text, settings, files }: Pick<Said, 'text' | 'settings' | 'files'>): Typed {
  const command = /^\s*\/([a-z]+)(?:\s+|$)/i.exec(text);
  const chosen = flags(settings);
  if (command) {
    const name = command[1]!.toLowerCase();
    const rest = text.slice(command[0].length);
    return { kind: 'command', name, text: editing.includes(name) ? joined(rest, chosen) : rest };
  }
  const has = (role: 'image' | 'mask') => files.some((file) => file.role === role);
  const isBare = text.trim() === '' && has('image') && !has('mask');
  return { kind: 'message', text: isBare || isVerb(text) ? text : joined(text, chosen) };
}

const joined = (words: string, chosen: string) => [words.trimEnd(), chosen].filter((part) => part !== '').join(' ');
