import type { Choice, Label } from './choices.ts';

/** How a field is called outside: in A1111's API, in a chat command, and in other spellings people use. */
export interface Names {
  /** Key of A1111's API (`denoising_strength`); option name where the API has none. */
  readonly api: string;
  /** Option of a chat command (`strength`). */
  readonly chat: string;
  readonly aliases?: readonly string[];
}

interface Described extends Names {
  readonly label: Label;
}

/** A slider. */
export interface NumberField extends Described {
  readonly kind: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
  /** Step of a slider; the engine takes any value in the range. */
  readonly step: number;
  readonly default: number;
}
/** A checkbox. */
export interface SwitchField extends Described {
  readonly kind: 'switch';
  readonly default: boolean;
}
/** A drop-down. */
export interface ChoiceField<V extends string = string> extends Described {
  readonly kind: 'choice';
  readonly choices: readonly Choice<V>[];
  readonly default: V;
}
/** A text box. */
export interface TextField extends Described {
  readonly kind: 'text';
  readonly maxLength: number;
  /** What the text must look like; any text when absent. */
  readonly pattern?: RegExp;
  /** What of a running text belongs to it without quotation marks, blanks included; sticky. Else all up to the next blank or comma. */
  readonly unquoted?: RegExp;
  /** What a text of another look is refused as. */
  readonly refusal?: 'bad-color' | 'bad-direction' | 'bad-size';
  readonly default: string;
}
/** One control, of whatever kind. */
export type Control = NumberField | SwitchField | ChoiceField | TextField;

type Range = Pick<NumberField, 'min' | 'max' | 'step' | 'default'>;

/** A whole number. */
export function integer(names: Names, label: Label, range: Range): NumberField {
  return { kind: 'integer', label, ...names, ...range };
}
/** A number. */
export function number(names: Names, label: Label, range: Range): NumberField {
  return { kind: 'number', label, ...names, ...range };
}
/** On or off. */
export function toggle(names: Names, label: Label, value: boolean): SwitchField {
  return { kind: 'switch', label, ...names, default: value };
}
/** One of a list, by value. */
export function choice<const V extends string>(
  names: Names,
  label: Label,
  choices: readonly Choice<V>[],
  value: NoInfer<V>,
): ChoiceField<V> {
  return { kind: 'choice', label, ...names, choices, default: value };
}
/** Words, or a text of a certain form. */
export function text(names: Names, label: Label, rule: Omit<TextField, 'kind' | 'label' | keyof Names>): TextField {
  return { kind: 'text', label, ...names, ...rule };
}
