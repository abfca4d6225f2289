import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  type APIApplicationCommandOptionChoice,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type LocalizationMap,
  PermissionFlagsBits,
  type RESTPutAPIApplicationCommandsJSONBody,
} from 'discord.js';
import type { Label } from '../../edit/choices.ts';
import { type Field, type FieldName, fields } from '../../edit/fields.ts';
import { defaultCaps } from '../../edit/resolve.ts';
import {
  type Command,
  isGroup,
  type Option,
  type OwnOption,
  type Subcommand,
  type SubcommandGroup,
  type SuggestionSource,
  subcommandsOf,
} from '../core/command.ts';
import { commandList, pictureMenu } from '../core/commands.ts';
import { cut } from './text.ts';
import { inTraditional } from './traditional.ts';

/** Choices more than these are suggested while somebody types, not listed. */
const listed = 10;
/** Source: discord.com/developers/docs/interactions/application-commands. */
const limits = { description: 100, text: 6000 } as const;

/** Parameters that are suggested while somebody types. */
const suggestedFields: Readonly<Partial<Record<FieldName, SuggestionSource>>> = {
  checkpoint: 'model',
  sampler: 'sampler',
  scheduler: 'scheduler',
  seed: 'seed',
  upscaler: 'upscaler',
};

/** What is offered of parameters that take more than that: a card shows four pictures. */
const most: Readonly<Partial<Record<FieldName, number>>> = { batchSize: defaultCaps.maxCount };

/** In servers, in private messages with the bot, and wherever somebody who installed it for themselves goes. */
const everywhere = {
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
};
/** In servers only, for those who manage them; a server's own settings may say otherwise. */
const forManagers = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild],
  default_member_permissions: String(PermissionFlagsBits.ManageGuild),
};

/** All commands in the form Discord registers. Default texts are English; Chinese clients see Chinese ones. */
export function registeredCommands(list: readonly Command[] = commandList): RESTPutAPIApplicationCommandsJSONBody {
  const typed = list.map((command) => ({
    type: ApplicationCommandType.ChatInput as const,
    ...titled(command),
    options: command.subcommands ? command.subcommands.map(partOf) : command.options.map(optionOf),
    ...(command.managers ? forManagers : everywhere),
  }));
  const menus = pictureMenu.map(({ name, nameZh }) => ({
    type: ApplicationCommandType.Message as const,
    name,
    name_localizations: inChinese(nameZh),
    ...everywhere,
  }));
  return [...typed, ...menus];
}

const inChinese = (text: string): LocalizationMap => ({ 'zh-CN': text, 'zh-TW': inTraditional(text) });

function described({ en, zh }: Label) {
  return {
    description: cut(en, limits.description),
    description_localizations: inChinese(cut(zh, limits.description)),
  };
}

const titled = ({ name, nameZh, about }: Pick<Command, 'name' | 'nameZh' | 'about'>) => ({
  name,
  name_localizations: inChinese(nameZh),
  ...described(about),
});

function partOf(part: Subcommand | SubcommandGroup): APIApplicationCommandOption {
  if (!isGroup(part)) return subcommandOf(part);
  const options = part.subcommands.map(subcommandOf);
  return { type: ApplicationCommandOptionType.SubcommandGroup, ...titled(part), options };
}

const subcommandOf = (sub: Subcommand): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  ...titled(sub),
  options: sub.options.map(optionOf),
});

type BasicOption = APIApplicationCommandBasicOption;
const optionOf = (option: Option): BasicOption =>
  typeof option === 'string' ? fieldOption(option) : ownOption(option);

function ownOption(option: OwnOption): BasicOption {
  const { name, about, required = false } = option;
  const common = { name, ...described(about), ...(required && { required }) };
  const types = ApplicationCommandOptionType;
  switch (option.kind) {
    case 'text': {
      const autocomplete = option.suggests !== undefined && { autocomplete: true as const };
      return { type: types.String, ...common, max_length: Math.min(option.maxLength, limits.text), ...autocomplete };
    }
    case 'integer':
      return { type: types.Integer, ...common, min_value: option.min, max_value: option.max };
    case 'number':
      return { type: types.Number, ...common, min_value: option.min, max_value: option.max };
    case 'switch':
      return { type: types.Boolean, ...common };
    case 'choice':
      return { type: types.String, ...common, choices: option.choices.map(choiceOf) };
    case 'picture':
      return { type: types.Attachment, ...common };
    case 'person':
      return { type: types.User, ...common };
    case 'channel':
      return { type: types.Channel, ...common };
    case 'role':
      return { type: types.Role, ...common };
    default:
      return option satisfies never;
  }
}

function fieldOption(name: FieldName): BasicOption {
  const field: Field = fields[name];
  const common = { name: field.chat, ...described(field.label) };
  const types = ApplicationCommandOptionType;
  const isSuggested = suggestedFields[name] !== undefined;
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const max_value = most[name] ?? field.max;
      const range = { min_value: field.min, max_value, ...(isSuggested && { autocomplete: true as const }) };
      return { type: field.kind === 'integer' ? types.Integer : types.Number, ...common, ...range };
    }
    case 'switch':
      return { type: types.Boolean, ...common };
    case 'choice':
      if (isSuggested || field.choices.length > listed) return { type: types.String, ...common, autocomplete: true };
      return { type: types.String, ...common, choices: field.choices.map(choiceOf) };
    case 'text': {
      const max_length = Math.min(field.maxLength, limits.text);
      return { type: types.String, ...common, max_length, ...(isSuggested && { autocomplete: true }) };
    }
    default:
      return field satisfies never;
  }
}

/** Where suggestions for an option of a command come from; undefined when it has none. */
export function suggestionsFor(name: string, sub: string, option: string): SuggestionSource | undefined {
  const command = commandList.find((one) => one.name === name);
  const offered = (command && subcommandsOf(command).get(sub)?.options) ?? command?.options ?? [];
  for (const one of offered) {
    if (typeof one === 'string') {
      if (fields[one].chat === option) return suggestedFields[one];
    } else if (one.name === option) return one.kind === 'text' ? one.suggests : undefined;
  }
  return undefined;
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
