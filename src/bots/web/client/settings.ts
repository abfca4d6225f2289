import { h, icon } from './dom.ts';
import type { WireField, WireSetup } from './wire.ts';
import type { Language, Words } from './words.ts';

export interface SettingsOptions {
  readonly words: Words;
  readonly language: Language;
  readonly fields: WireSetup['fields'];
  readonly values: Readonly<Record<string, string>>;
  readonly changed: (values: Readonly<Record<string, string>>) => void;
  readonly close: () => void;
}

/** The panel of parameters, and the chips of those that are set. */
export interface Settings {
  readonly element: HTMLElement;
  readonly chips: HTMLElement;
  values(): Readonly<Record<string, string>>;
}

type GroupName = 'groupBasics' | 'groupSize' | 'groupSampling' | 'groupInpaint' | 'groupSoft' | 'groupAdvanced';

/** Where a field stands; whatever is not named here is for experts. */
const groups: Readonly<Partial<Record<GroupName, readonly string[]>>> = {
  groupBasics: ['strength', 'negative', 'steps', 'cfg', 'seed', 'count'],
  groupSize: ['size', 'resize', 'upscaler'],
  groupSampling: ['model', 'sampler', 'scheduler', 'clip-skip'],
  groupInpaint: ['fill', 'area', 'padding', 'mask-blur', 'mask-mode', 'expand', 'mask-round', 'overlay'],
  groupSoft: [
    'soft',
    'soft-bias',
    'soft-preserve',
    'soft-contrast',
    'soft-mask',
    'soft-threshold',
    'soft-diff-contrast',
  ],
};

/** Wider ranges have no slider: nobody hits a seed with one. */
const SLIDER_STEPS = 2100;

interface Control {
  readonly element: HTMLElement;
  /** Shows a value; undefined: none of one's own. */
  show(value: string | undefined): void;
}

type Set = (value: string | undefined) => void;

function numberControl(field: WireField & { kind: 'integer' | 'number' }, id: string, set: Set): Control {
  const range = { min: field.min, max: field.max, step: field.step };
  const exact = h('input', { id, type: 'number', ...range, placeholder: field.default, inputmode: 'decimal' });
  const hasSlider = (field.max - field.min) / field.step <= SLIDER_STEPS;
  const slider = hasSlider && h('input', { type: 'range', ...range, 'aria-hidden': 'true', tabindex: -1 });
  const clamp = (text: string) => String(Math.min(field.max, Math.max(field.min, Number(text))));
  exact.addEventListener('change', () => set(exact.value === '' ? undefined : clamp(exact.value)));
  if (slider) slider.addEventListener('input', () => set(slider.value));
  return {
    element: h('div', { class: 'number-control' }, slider, exact),
    show(value) {
      exact.value = value ?? '';
      if (slider) slider.value = value ?? String(field.default);
    },
  };
}

function choiceControl(
  options: readonly (readonly [value: string, label: string])[],
  usual: string,
  id: string,
  set: Set,
): Control {
  const unset = h('option', { value: '' }, usual);
  const select = h('select', { id }, unset, ...options.map(([value, label]) => h('option', { value }, label)));
  select.addEventListener('change', () => set(select.value || undefined));
  return {
    element: select,
    show(value) {
      select.value = value ?? '';
    },
  };
}

function textControl(field: WireField & { kind: 'text' }, id: string, set: Set): Control {
  const about = { id, maxlength: field.maxLength, placeholder: field.default, spellcheck: 'false' };
  const input = field.maxLength > 1000 ? h('textarea', { ...about, rows: 2 }) : h('input', { ...about, type: 'text' });
  input.addEventListener('change', () => set(input.value.trim() || undefined));
  return {
    element: input,
    show(value) {
      input.value = value ?? '';
    },
  };
}

function control(field: WireField, id: string, { words, language }: SettingsOptions, set: Set): Control {
  const usual = (text: string) => `${text} (${words.asUsual})`;
  switch (field.kind) {
    case 'integer':
    case 'number':
      return numberControl(field, id, set);
    case 'switch': {
      const options = [['on', words.on] as const, ['off', words.off] as const];
      return choiceControl(options, usual(field.default ? words.on : words.off), id, set);
    }
    case 'choice': {
      const options = field.choices.map(({ value, label }) => [value, label[language]] as const);
      const label = options.find(([value]) => value === field.default)?.[1] ?? field.default;
      return choiceControl(options, usual(label), id, set);
    }
    case 'text':
      return textControl(field, id, set);
    default:
      return field satisfies never;
  }
}

export function createSettings(options: SettingsOptions): Settings {
  const { words, language, fields } = options;
  const known = new Set(fields.map(({ name }) => name));
  let values = Object.fromEntries(Object.entries(options.values).filter(([name]) => known.has(name)));
  const showing: (() => void)[] = [];
  const chips = h('div', { class: 'chips set', hidden: true });
  const resetAll = h(
    'button',
    { class: 'link-button', type: 'button', on: { click: () => replace({}) } },
    words.resetAll,
  );
  const replace = (now: Readonly<Record<string, string>>) => {
    values = now;
    options.changed(values);
    refresh();
  };
  const set = (name: string, value: string | undefined) => {
    const { [name]: _, ...others } = values;
    replace(value === undefined ? others : { ...others, [name]: value });
  };
  const chip = ([name, value]: readonly [string, string]) => {
    const label = fields.find((field) => field.name === name)?.label[language] ?? name;
    const drop = () => set(name, undefined);
    const about = { class: 'chip', type: 'button', title: label, 'aria-label': `${words.reset}: ${label} ${value}` };
    return h('button', { ...about, on: { click: drop } }, `${name} ${value}`, icon('cx'));
  };
  const refresh = () => {
    for (const show of showing) show();
    const set = Object.entries(values);
    chips.hidden = set.length === 0;
    resetAll.hidden = set.length === 0;
    chips.replaceChildren(...set.map(chip));
  };
  const row = (field: WireField): HTMLElement => {
    const id = `set-${field.name}`;
    const made = control(field, id, options, (value) => set(field.name, value));
    const reset = h(
      'button',
      { class: 'link-button', type: 'button', on: { click: () => set(field.name, undefined) } },
      words.reset,
    );
    const head = h('div', { class: 'field-head' }, h('label', { for: id }, field.label[language]), reset);
    const element = h('div', { class: 'field' }, head, made.element);
    showing.push(() => {
      made.show(values[field.name]);
      reset.hidden = values[field.name] === undefined;
      element.classList.toggle('is-set', values[field.name] !== undefined);
    });
    return element;
  };
  const named = Object.values(groups).flat();
  const group = (name: GroupName, members: readonly WireField[]) =>
    h('details', { class: 'group', open: name === 'groupBasics' }, h('summary', {}, words[name]), ...members.map(row));
  const inOrder = Object.entries(groups).map(([name, members]) =>
    group(
      name as GroupName,
      members.flatMap((member) => fields.find((field) => field.name === member) ?? []),
    ),
  );
  const rest = group(
    'groupAdvanced',
    fields.filter(({ name }) => !named.includes(name)),
  );
  const close = h(
    'button',
    { class: 'plain-button', type: 'button', 'aria-label': words.close, on: { click: options.close } },
    icon('cx'),
  );
  const head = h('div', { class: 'panel-head' }, h('h2', {}, words.settings), resetAll, close);
  const element = h(
    'aside',
    { class: 'panel', 'aria-label': words.settings },
    head,
    h('p', { class: 'panel-about' }, words.settingsAbout),
    ...inOrder,
    rest,
  );
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') options.close();
  });
  refresh();
  return { element, chips, values: () => values };
}
