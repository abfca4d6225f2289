import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type LocalizationMap,
  type RESTPutAPIApplicationCommandsJSONBody,
} from 'discord.js';
import type { Label } from '../../edit/choices.ts';
import { type Field, type FieldName, fields } from '../../edit/fields.ts';
import { type Command, commandList, editingOptions, helpTopics, pictureMenu } from '../core/commands.ts';
import { cut } from './text.ts';

/** Choices more than these are suggested while somebody types, not listed. */
const listed = 10;
/** Source: discord.com/developers/docs/interactions/application-commands. */
const limits = { description: 100, text: 6000, prompt: 1500 } as const;

/** Options that are suggested while somebody types. */
export const suggestedOptions = ['model', 'sampler', 'scheduler', 'seed'] as const;
export type SuggestedOption = (typeof suggestedOptions)[number];
const isSuggested = (option: string): boolean => suggestedOptions.some((name) => name === option);

/** In servers, in private messages with the bot, and wherever somebody who installed it for themselves goes. */
const everywhere = {
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
};

/** All commands in the form Discord registers. Default texts are English; Chinese clients see Chinese ones. */
export function registeredCommands(): RESTPutAPIApplicationCommandsJSONBody {
  const typed = commandList.map((command) => ({
    type: ApplicationCommandType.ChatInput as const,
    name: command.name,
    name_localizations: inChinese(command.nameZh),
    ...described(command.about),
    options: optionsOf(command),
    ...everywhere,
  }));
  const menus = pictureMenu.map(({ name, nameZh }) => ({
    type: ApplicationCommandType.Message as const,
    name,
    name_localizations: inChinese(nameZh),
    ...everywhere,
  }));
  return [...typed, ...menus];
}

const inChinese = (text: string): LocalizationMap => ({ 'zh-CN': text, 'zh-TW': text });

function described({ en, zh }: Label) {
  return {
    description: cut(en, limits.description),
    description_localizations: inChinese(cut(zh, limits.description)),
  };
}

type Option = APIApplicationCommandBasicOption;

/** Required ones first, as Discord demands; then what an edit is about; then its fields. */
function optionsOf(command: Command): Option[] {
  if (command.name === 'help') return [topicOption()];
  const { image, mask, prompt } = command;
  const promptOption = { ...textOption('prompt', fields.prompt.label, limits.prompt), required: prompt === 'required' };
  const all: readonly (Option | false)[] = [
    prompt === 'required' && promptOption,
    mask === 'required' && {
      ...fileOption('mask', { en: 'Mask: white is repainted', zh: '蒙版：白色部分会被重绘' }),
      required: true,
    },
    image !== 'none' && fileOption('image', { en: 'The picture', zh: '图片' }),
    image !== 'none' && textOption('link', editingOptions.link, 200),
    mask === 'optional' && fileOption('mask', { en: 'Mask: white is repainted', zh: '蒙版：白色部分会被重绘' }),
    prompt === 'optional' && promptOption,
    ...command.options.map(fieldOption),
    image !== 'none' && textOption('advanced', editingOptions.advanced, 1000),
  ];
  return all.filter((option) => option !== false);
}

function topicOption(): Option {
  const choices = helpTopics.map((topic) => ({ name: topic, value: topic }));
  return {
    type: ApplicationCommandOptionType.String,
    name: 'topic',
    ...described({ en: 'What about', zh: '主题' }),
    choices,
  };
}

function textOption(name: string, label: Label, maxLength: number) {
  return { type: ApplicationCommandOptionType.String as const, name, ...described(label), max_length: maxLength };
}

function fileOption(name: string, label: Label): Option {
  return { type: ApplicationCommandOptionType.Attachment, name, ...described(label) };
}

function fieldOption(name: FieldName): Option {
  const field: Field = fields[name];
  const common = { name: field.chat, ...described(field.label) };
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const range = { min_value: field.min, max_value: field.max };
      const autocomplete = isSuggested(field.chat) && { autocomplete: true as const };
      const { Integer, Number: Decimal } = ApplicationCommandOptionType;
      return field.kind === 'integer'
        ? { type: Integer, ...common, ...range, ...autocomplete }
        : { type: Decimal, ...common, ...range };
    }
    case 'switch':
      return { type: ApplicationCommandOptionType.Boolean, ...common };
    case 'choice':
      if (field.choices.length > listed)
        return { type: ApplicationCommandOptionType.String, ...common, autocomplete: true };
      return { type: ApplicationCommandOptionType.String, ...common, choices: field.choices.map(choiceOf) };
    case 'text': {
      const max_length = Math.min(field.maxLength, limits.text);
      const autocomplete = isSuggested(field.chat) && { autocomplete: true as const };
      return { type: ApplicationCommandOptionType.String, ...common, max_length, ...autocomplete };
    }
    default:
      return field satisfies never;
  }
}

function choiceOf({
  value,
  label,
}: {
  readonly value: string;
  readonly label: Label;
}): APIApplicationCommandOptionChoice<string> {
  return { name: label.en, name_localizations: inChinese(label.zh), value };
}
