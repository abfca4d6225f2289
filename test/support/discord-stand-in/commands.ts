import { asArray, asNumber, asObject, asText, invalid, type Json, type JsonObject } from './json.ts';

/** Source: discord.com/developers/docs/interactions/application-commands, "Application Command Naming". */
const namePattern = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
/** Source: the same, "Application Command Types" and "Registering a Command". */
const most = { 1: 100, 2: 15, 3: 15 } as const;

/** Checks a bulk registration. Source: discord.com/developers/docs/interactions/application-commands. @throws ApiFault 50035 */
export function checkCommands(list: readonly Json[]): readonly JsonObject[] {
  const commands = list.map(asObject);
  for (const kind of [1, 2, 3] as const) {
    const same = commands.filter((command) => kindOf(command) === kind);
    if (same.length > most[kind]) throw invalid('commands', `At most ${most[kind]} commands of type ${kind}.`);
    const names = new Set(same.map((command) => asText(command.name)));
    if (names.size < same.length) throw invalid('commands', 'Application command names must be unique');
  }
  commands.forEach((command, at) => {
    checkCommand(command, String(at));
  });
  return commands;
}

const kindOf = (command: JsonObject): number => asNumber(command.type) || 1;

function checkCommand(command: JsonObject, path: string): void {
  const isChat = kindOf(command) === 1;
  const names = [asText(command.name), ...texts(command.name_localizations)];
  for (const name of names) {
    const good = isChat ? isName(name) : name.length >= 1 && name.length <= 32;
    if (!good) throw invalid(`${path}.name`, `Command name is invalid: ${name}`);
  }
  if (isChat) checkDescription(command, path);
  else if (asText(command.description))
    throw invalid(`${path}.description`, 'Context menu commands cannot have description');
  const rights = command.default_member_permissions;
  if (rights !== undefined && rights !== null && !/^\d+$/.test(asText(rights))) {
    throw invalid(`${path}.default_member_permissions`, 'Value is not a permission set.');
  }
  checkOptions(asArray(command.options).map(asObject), path);
  if (commandSize(command) > 8000) throw invalid(path, 'Command exceeds maximum size (8000)');
}

const isName = (name: string): boolean => namePattern.test(name) && name === name.toLowerCase();
const texts = (localized: Json | undefined): readonly string[] => Object.values(asObject(localized)).map(asText);

function checkDescription(holder: JsonObject, path: string): void {
  for (const text of [asText(holder.description), ...texts(holder.description_localizations)]) {
    if (text.length < 1 || text.length > 100)
      throw invalid(`${path}.description`, 'Must be between 1 and 100 in length.');
  }
}

function checkOptions(options: readonly JsonObject[], path: string): void {
  if (options.length > 25) throw invalid(`${path}.options`, 'Must be 25 or fewer in length.');
  const names = new Set(options.map((option) => asText(option.name)));
  if (names.size < options.length) throw invalid(`${path}.options`, 'Option names must be unique');
  let optional = false;
  options.forEach((option, at) => {
    const where = `${path}.options.${at}`;
    if (option.required === true && optional)
      throw invalid(where, 'Required options must be placed before non-required options');
    optional ||= option.required !== true;
    checkOption(option, where);
  });
}

function checkOption(option: JsonObject, path: string): void {
  for (const name of [asText(option.name), ...texts(option.name_localizations)]) {
    if (!isName(name)) throw invalid(`${path}.name`, `Option name is invalid: ${name}`);
  }
  checkDescription(option, path);
  const kind = asNumber(option.type);
  if (kind < 1 || kind > 11) throw invalid(`${path}.type`, 'Value must be between 1 and 11.');
  if (kind <= 2) checkOptions(asArray(option.options).map(asObject), path);
  checkChoices(option, path);
  checkBounds(option, path);
}

function checkChoices(option: JsonObject, path: string): void {
  const choices = asArray(option.choices).map(asObject);
  if (choices.length > 25) throw invalid(`${path}.choices`, 'Must be 25 or fewer in length.');
  if (choices.length > 0 && option.autocomplete === true)
    throw invalid(path, 'Choices and autocomplete exclude each other.');
  for (const choice of choices) {
    const names = [asText(choice.name), ...texts(choice.name_localizations)];
    if (names.some((name) => name.length < 1 || name.length > 100))
      throw invalid(`${path}.choices`, 'Must be between 1 and 100 in length.');
    if ((option.type === 3) !== (typeof choice.value === 'string'))
      throw invalid(`${path}.choices`, 'Values must be of the type of the option.');
    if (asText(choice.value).length > 100) throw invalid(`${path}.choices`, 'Must be 100 or fewer in length.');
  }
}

function checkBounds(option: JsonObject, path: string): void {
  const isText = option.type === 3;
  const isNumber = option.type === 4 || option.type === 10;
  if (asNumber(option.max_length) > 6000) throw invalid(`${path}.max_length`, 'Must be 6000 or fewer.');
  if (!isText && (option.max_length !== undefined || option.min_length !== undefined))
    throw invalid(path, 'Lengths are for strings.');
  if (!isNumber && (option.min_value !== undefined || option.max_value !== undefined))
    throw invalid(path, 'Bounds are for numbers.');
}

/** Names, descriptions and choice values together, the longest language counted. */
export function commandSize(holder: JsonObject): number {
  const longest = (text: Json | undefined, localized: Json | undefined) =>
    Math.max(asText(text).length, ...texts(localized).map((other) => other.length));
  const own =
    longest(holder.name, holder.name_localizations) + longest(holder.description, holder.description_localizations);
  const choices = asArray(holder.choices).map(asObject);
  const chosen = choices.map(
    (choice) => longest(choice.name, choice.name_localizations) + String(choice.value ?? '').length,
  );
  const inner = asArray(holder.options).map((option) => commandSize(asObject(option)));
  return [own, ...chosen, ...inner].reduce((sum, length) => sum + length, 0);
}
