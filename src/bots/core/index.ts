/** The chat, without any platform: what people say becomes edits, and edits become messages. `openBots` is the way in. */
export { type Clock, systemClock } from './clock.ts';
export type { Command } from './command.ts';
export { type CommandName, commandList, commands, type HelpTopic, helpTopics, pictureMenu } from './commands.ts';
export { languageOf } from './language.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { messagesIn, troubleOf } from './messages/index.ts';
export { type BotsOptions, openBots } from './open.ts';
export * from './platform.ts';
export { openSuggestions, type Suggestions } from './suggestions.ts';
