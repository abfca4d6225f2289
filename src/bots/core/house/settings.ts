import type { Label } from '../../../edit/choices.ts';
import { type FieldName, fieldNames, fields } from '../../../edit/fields.ts';
import { closest } from '../../../edit/names.ts';
import { fieldNamed, parseParam } from '../../../edit/params.ts';
import { Refusal } from '../../../errors.ts';
import type { SettingScope } from '../../../storage/index.ts';

interface Key {
  readonly label: Label;
  /** Who may choose it. A person's own choice is about themselves; a server's is a rule. */
  readonly scopes: readonly SettingScope[];
}
interface ChoiceKey extends Key {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}
interface NumberKey extends Key {
  readonly kind: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
  /** Null: no limit of its own. */
  readonly default: number | null;
  /** The most a person may choose for themselves, where it is less. */
  readonly ownMax?: number;
}
interface ListKey extends Key {
  readonly kind: 'list';
}
export type SettingKey = ChoiceKey | NumberKey | ListKey;

const people = ['user'] as const;
const anybody = ['system', 'server', 'channel', 'user'] as const;
const house = ['system', 'server'] as const;
const places = ['system', 'server', 'channel'] as const;

const choice = (label: Label, choices: readonly [string, ...string[]], scopes: readonly SettingScope[]): ChoiceKey => ({
  kind: 'choice',
  label,
  choices,
  default: choices[0],
  scopes,
});
const number = (
  label: Label,
  range: { readonly min: number; readonly max: number; readonly default?: number; readonly ownMax?: number },
  scopes: readonly SettingScope[] = house,
): NumberKey => ({ kind: 'integer', default: null, ...range, label, scopes });

/** Every setting that is no parameter of an edit. The first choice is what holds where nobody chose. */
export const settingKeys = {
  language: choice({ en: 'Language', zh: '语言' }, ['auto', 'en', 'zh'], ['server', 'channel', 'user']),
  notify: choice({ en: 'Mention me when it is done', zh: '完成时提醒我' }, ['auto', 'always', 'never'], people),
  files: choice({ en: 'Send results as', zh: '结果发送为' }, ['photo', 'document', 'both'], anybody),
  'ask-mask': choice({ en: 'Show masks before use', zh: '使用蒙版前确认' }, ['always', 'auto', 'never'], anybody),
  preview: choice({ en: 'Live preview', zh: '实时预览' }, ['on', 'off'], anybody),
  private: choice({ en: 'Answer me privately', zh: '仅自己可见' }, ['off', 'on'], people),
  retention: number(
    { en: 'Days results are kept', zh: '结果保留天数' },
    { min: 1, max: 365, default: 30, ownMax: 90 },
    ['server', 'user'],
  ),
  'max-pixels': number({ en: 'Most pixels of a picture', zh: '图片最大像素数' }, { min: 65_536, max: 16_777_216 }),
  'max-steps': number({ en: 'Most steps', zh: '最多迭代步数' }, { min: 1, max: 150 }),
  'max-count': number({ en: 'Most pictures at once', zh: '单次最多图片数' }, { min: 1, max: 16 }),
  'min-strength': { ...number({ en: 'Least strength', zh: '最低重绘幅度' }, { min: 0, max: 1 }), kind: 'number' },
  'max-strength': { ...number({ en: 'Most strength', zh: '最高重绘幅度' }, { min: 0, max: 1 }), kind: 'number' },
  models: { kind: 'list', label: { en: 'Allowed models', zh: '允许的模型' }, scopes: house },
  'deny-models': { kind: 'list', label: { en: 'Denied models', zh: '禁用的模型' }, scopes: house },
  lora: choice({ en: 'LoRA', zh: 'LoRA' }, ['on', 'off'], house),
  'queued-per-person': number({ en: 'Waiting edits of one person', zh: '每人排队上限' }, { min: 1, max: 50 }),
  'queued-here': number({ en: 'Waiting edits of all here', zh: '此处排队上限' }, { min: 1, max: 500 }),
  'credits-per-hour': number({ en: 'Credits an hour', zh: '每小时额度' }, { min: 1, max: 100_000 }),
  nsfw: choice({ en: 'NSFW', zh: 'NSFW 内容' }, ['forbid', 'nsfw-channels', 'allow'], places),
  sources: choice({ en: 'Pictures to edit', zh: '可编辑的图片' }, ['any', 'own'], house),
  channels: choice({ en: 'Channels', zh: '可用频道' }, ['allow', 'deny'], places),
  roles: { kind: 'list', label: { en: 'Roles that may use me', zh: '可使用的身份组' }, scopes: ['server'] },
  dispatch: choice({ en: 'Queue', zh: '队列' }, ['running', 'paused'], house),
  log: { kind: 'list', label: { en: 'Moderators’ log channel', zh: '管理日志频道' }, scopes: ['server'] },
} as const satisfies Record<string, SettingKey>;

export type SettingName = keyof typeof settingKeys;
export const settingNames = Object.keys(settingKeys) as SettingName[];

/** What a setting can be: a choice, a number, or words. */
export type SettingValue = string | number | readonly string[];

/** What somebody can set for themselves: settings about them, and any parameter but those that belong to one edit. */
const notOwn: readonly FieldName[] = ['prompt', 'seed', 'subseed'];
export const ownParams: readonly FieldName[] = fieldNames.filter((name) => !notOwn.includes(name));

/** A setting, or a parameter of an edit as a default. */
export type Named =
  | { readonly kind: 'setting'; readonly name: SettingName }
  | { readonly kind: 'param'; readonly name: FieldName };

/** Names that can be set in a scope. */
export function namesIn(scope: SettingScope): readonly string[] {
  const own = settingNames.filter((name) => (settingKeys[name] as SettingKey).scopes.includes(scope));
  return [...own, ...ownParams.map((name) => fields[name].chat)];
}

/** What a name means in a scope. @throws Refusal 'unknown-name' */
export function namedIn(scope: SettingScope, text: string): Named {
  const wanted = text.trim().toLowerCase().replaceAll('_', '-');
  const known = settingNames.find((name) => name === wanted);
  if (known && (settingKeys[known] as SettingKey).scopes.includes(scope)) return { kind: 'setting', name: known };
  const field = fieldNamed(wanted);
  if (field && ownParams.includes(field)) return { kind: 'param', name: field };
  throw new Refusal('unknown-name', {
    kind: 'setting',
    given: text.slice(0, 40),
    nearest: closest(wanted, namesIn(scope)),
  });
}

function settingFrom(name: SettingName, scope: SettingScope, text: string): SettingValue {
  const key: SettingKey = settingKeys[name];
  if (key.kind === 'list') {
    const words = text.split(/[\s,，;；]+/).filter((word) => word !== '');
    return words.slice(0, 50).map((word) => word.slice(0, 100));
  }
  if (key.kind === 'choice') {
    const found = key.choices.find((known) => known === text.trim().toLowerCase());
    if (found) return found;
    throw new Refusal('unknown-name', { kind: name, given: text.slice(0, 40), nearest: key.choices });
  }
  const max = scope === 'user' ? (key.ownMax ?? key.max) : key.max;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const isWhole = key.kind === 'number' || Number.isInteger(value);
  if (isWhole && value >= key.min && value <= max) return value;
  throw new Refusal('out-of-range', { field: name, given: text.slice(0, 40), min: key.min, max });
}

/** The value somebody wrote. @throws Refusal 'unknown-name', 'out-of-range' and whatever a parameter is refused for */
export function chosenValue(named: Named, scope: SettingScope, text: string): SettingValue | boolean {
  return named.kind === 'param' ? parseParam(named.name, text) : settingFrom(named.name, scope, text);
}
