import { Refusal } from '../../errors.ts';
import { type Command, type Option, type OwnOption, subcommandsOf } from './command.ts';
import { commandList } from './commands.ts';
import type { Heard } from './heard.ts';
import { checkLength, pointingAt } from './options.ts';
import type { Flow } from './order.ts';
import { soundText } from './plain-text.ts';
import type { CommandIncoming } from './platform.ts';

/** Values by option name, as a platform with typed options gives them. */
export type Given = CommandIncoming['options'];

/** A command as it was called, the same whether its options were chosen or typed. */
export interface Call {
  readonly command: Command;
  /** `show`, `words add`; empty for a command without subcommands. */
  readonly sub: string;
  readonly options: Given;
  /** Typed words for the grammar; empty unless the command edits a picture. */
  readonly text: string;
}

/** A command somebody called, and everything that is needed to do it. */
export interface Doing {
  readonly flow: Flow;
  readonly heard: Heard;
  readonly incoming: CommandIncoming;
  readonly call: Call;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly position: number;
}

/** Words, and texts in quotation marks. */
function tokensOf(text: string): Token[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/gs)].map((found) => ({
    text: found[1] === undefined ? found[0] : found[1].replace(/\\(.)/gs, '$1'),
    quoted: found[1] !== undefined,
    position: found.index,
  }));
}

const spelled = (text: string) => text.toLowerCase().replace(/[\s_-]+/g, '-');

function numberFrom(option: OwnOption & { kind: 'integer' | 'number' }, text: string): number {
  const { name: field, min, max } = option;
  const value = Number(text);
  const isWhole = option.kind === 'number' || Number.isInteger(value);
  if (!isWhole || !(value >= min && value <= max)) throw new Refusal('out-of-range', { field, given: text, min, max });
  return value;
}

function choiceFrom({ choices }: OwnOption & { kind: 'choice' }, text: string): string | undefined {
  const wanted = spelled(text);
  return choices.find(({ value, label }) => [value, label.en, label.zh].some((name) => spelled(name) === wanted))
    ?.value;
}

/** The value a text stands for; undefined when it cannot be meant for this option. @throws Refusal 'out-of-range', 'prompt-too-long' */
function valueFrom(option: OwnOption, text: string): string | number | boolean | undefined {
  switch (option.kind) {
    case 'text':
      if (text.length > option.maxLength) {
        throw new Refusal('prompt-too-long', { length: text.length, limit: option.maxLength });
      }
      return text;
    case 'integer':
    case 'number':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text.normalize('NFKC'))
        ? numberFrom(option, text.normalize('NFKC'))
        : undefined;
    case 'switch':
      return /^(?:on|yes|true|是|开)$/i.test(text) ? true : /^(?:off|no|false|否|关)$/i.test(text) ? false : undefined;
    case 'choice':
      return choiceFrom(option, text);
    case 'person':
      if (/^\d{1,4}$|[/:]/.test(text) || text.length > 64) return undefined; // nobody's number is so short
      return /^<@!?(\d+)>$/.exec(text)?.[1] ?? text;
    case 'channel':
    case 'role':
      return /^(?:<[@#]?[&!]?)?@?([\w-]{1,64})>?$/.exec(text)?.[1];
    case 'picture':
      return undefined;
    default:
      return option satisfies never;
  }
}

const dashed = /^(?:--|－－|––|—)(?<name>[\p{L}\p{N}_-]+)(?:[=＝](?<value>.*))?$/su;

/** The option a token names, and the value in it after `=`. */
function namedBy(options: readonly OwnOption[], { text, quoted }: Token) {
  const { name, value } = (!quoted && dashed.exec(text)?.groups) || {};
  const option = name === undefined ? undefined : options.find((one) => spelled(one.name) === spelled(name));
  return option && { option, value };
}

/** Takes `--name value` out of the tokens; `--name` alone switches on. @throws Refusal 'bad-option', 'out-of-range', 'prompt-too-long' */
function takeNamed(options: readonly OwnOption[], tokens: readonly Token[], given: Record<string, Given[string]>) {
  const rest: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const named = namedBy(options, token);
    if (!named) {
      rest.push(token);
      continue;
    }
    const text = named.value ?? tokens[at + 1]?.text ?? '';
    const value = valueFrom(named.option, text) ?? (named.option.kind === 'switch' ? null : undefined);
    if (value === undefined) throw new Refusal('bad-option', { position: token.position, text, nearest: null });
    given[named.option.name] = value ?? true;
    if (value !== null && named.value === undefined) at++;
  }
  return rest;
}

/** Takes choices from the end that belong behind the last text, which otherwise takes all that is left. */
function takeFromEnd(options: readonly OwnOption[], tokens: Token[], given: Record<string, Given[string]>): void {
  for (const option of options.toReversed()) {
    const token = tokens.at(-1);
    if (option.kind !== 'choice' || !token || token.quoted || tokens.length < 2) continue;
    const value = choiceFrom(option, token.text);
    if (value === undefined) continue;
    given[option.name] = value;
    tokens.pop();
  }
}

/**
 * Options of a command as they are typed: `--name value`, the others by their places. Numbers and choices take a word that can be
 * theirs; the last text takes all that is left but the choices that follow it.
 * @throws Refusal 'bad-option' for what belongs to none, 'out-of-range', 'prompt-too-long'
 */
export function typedOptions(all: readonly Option[], text: string): Given {
  checkLength(text);
  const sound = soundText(text);
  return pointingAt(sound, () => readTyped(all, sound));
}

function readTyped(all: readonly Option[], text: string): Given {
  const options = all.filter((option): option is OwnOption => typeof option !== 'string' && option.kind !== 'picture');
  const given: Record<string, Given[string]> = {};
  const tokens = takeNamed(options, tokensOf(text), given);
  const open = options.filter(({ name, kind, byName }) => !(name in given) && kind !== 'switch' && !byName);
  const last = open.findLast(({ kind }) => kind === 'text');
  if (last) takeFromEnd(open.slice(open.indexOf(last) + 1), tokens, given);
  for (const option of open) {
    const [token] = tokens;
    if (!token) break;
    if (option.name in given) continue;
    const taken = option === last ? tokens.length : 1;
    const value = valueFrom(
      option,
      tokens
        .slice(0, taken)
        .map((one) => one.text)
        .join(' '),
    );
    if (value === undefined) continue;
    given[option.name] = value;
    tokens.splice(0, taken);
  }
  const [left] = tokens;
  if (left) throw new Refusal('bad-option', { position: left.position, text: left.text.slice(0, 40), nearest: null });
  return given;
}

/** The subcommand a text begins with, and the rest of it. @throws Refusal 'which-subcommand' */
function takeSubcommand(command: Command, text: string): { readonly sub: string; readonly rest: string } {
  const known = subcommandsOf(command);
  const words = text.trim().split(/\s+/);
  for (const count of [2, 1]) {
    const sub = words.slice(0, count).join(' ').toLowerCase();
    if (!known.has(sub)) continue;
    return { sub, rest: text.trim().replace(new RegExp(`^(?:\\S+\\s*){${count}}`), '') };
  }
  throw new Refusal('which-subcommand', { command: command.name, subcommands: [...known.keys()] });
}

/** What somebody called; undefined for a command there is none of. @throws Refusal as `typedOptions` does, 'which-subcommand', 'option-missing' */
export function callOf({ name, sub, options, text }: CommandIncoming): Call | undefined {
  const command = commandList.find((one) => one.name === name);
  if (!command) return undefined;
  if (command.edits) return { command, sub: '', options, text };
  const known = subcommandsOf(command);
  const chosen = known.size === 0 || known.has(sub) ? { sub, rest: text } : takeSubcommand(command, text);
  const taken = known.get(chosen.sub)?.options ?? command.options;
  const given = { ...typedOptions(taken, chosen.rest), ...options };
  for (const option of taken) {
    if (typeof option === 'string' || !option.required || option.kind === 'picture' || option.name in given) continue;
    throw new Refusal('option-missing', { command: [name, chosen.sub].join(' ').trim(), option: option.name });
  }
  return { command, sub: chosen.sub, options: given, text: '' };
}
