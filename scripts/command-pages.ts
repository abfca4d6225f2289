import { buttonLooks } from '../src/bots/core/buttons.ts';
import { type Command, isGroup, type Option, type Subcommand, type SubcommandGroup } from '../src/bots/core/command.ts';
import { commandList, pictureMenu } from '../src/bots/core/commands.ts';
import type { ButtonWord } from '../src/bots/core/messages/catalogue.ts';
import { messagesIn } from '../src/bots/core/messages/index.ts';
import type { Label } from '../src/edit/choices.ts';
import { fields } from '../src/edit/fields.ts';
import { buttonGroups } from './button-words.ts';

type Language = keyof Label;

const words = {
  en: {
    title: 'Commands and buttons',
    intro: [
      'This page is written from the tables the program itself reads. What options mean is on the page of [parameters](parameters.md); those of a',
      'command’s own are explained where they stand. Discord offers options one by one; elsewhere they are typed: `/edit a red hat --strength 0.4`.',
    ],
    commands: 'Commands',
    required: 'required',
    managers: 'for those who manage the place',
    menu: 'Right-click a picture → Apps (Discord)',
    menuSays: (command: string) => `as \`/${command}\``,
    keeps: 'keeps the picture for your next command, for 30 minutes',
    buttons: 'Buttons',
    colon: ': ',
    comma: ', ',
  },
  zh: {
    title: '命令与按钮',
    intro: [
      '本页由程序自身使用的表格生成。选项的含义见[参数](parameters.zh.md)页，命令自己的选项在此说明。',
      'Discord 会逐项列出选项；其他地方直接输入：`/edit 红帽子 --strength 0.4`。',
    ],
    commands: '命令',
    required: '必填',
    managers: '仅管理者可用',
    menu: '右键图片 → 应用（Discord）',
    menuSays: (command: string) => `同 \`/${command}\``,
    keeps: '保留为你下一条命令使用，30 分钟内有效',
    buttons: '按钮',
    colon: '：',
    comma: '、',
  },
} as const;

function optionText(option: Option, language: Language): string {
  if (typeof option === 'string') return `\`${fields[option].chat}\``;
  const { required, comma } = { ...words[language], comma: language === 'en' ? ', ' : '，' };
  const about = option.about[language] + (option.required ? `${comma}${required}` : '');
  return language === 'en' ? `\`${option.name}\` (${about})` : `\`${option.name}\`（${about}）`;
}

function callLine(call: string, { about, options }: Pick<Command, 'about' | 'options'>, language: Language): string {
  const { colon, comma } = words[language];
  const taken = options.map((option) => optionText(option, language)).join(comma);
  return `- \`${call}\`${colon}${about[language]}${taken === '' ? '' : `${language === 'en' ? '. ' : '。'}${taken}`}`;
}

function partLines(call: string, part: Subcommand | SubcommandGroup, language: Language): readonly string[] {
  if (!isGroup(part)) return [callLine(`${call} ${part.name}`, part, language)];
  return part.subcommands.map((sub) => callLine(`${call} ${part.name} ${sub.name}`, sub, language));
}

function commandLines(command: Command, language: Language): readonly string[] {
  const { name, nameZh, about, subcommands, managers } = command;
  if (!subcommands) return [callLine(`/${name}`, command, language)];
  const whose = managers ? `${language === 'en' ? '; ' : '，'}${words[language].managers}` : '';
  const heading = `### /${name}${language === 'zh' ? ` ${nameZh}` : ''}`;
  const parts = subcommands.flatMap((part) => partLines(`/${name}`, part, language));
  return ['', heading, '', `${about[language]}${whose}${language === 'en' ? '.' : '。'}`, '', ...parts];
}

function menuLine({ name, nameZh, command }: (typeof pictureMenu)[number], language: Language): string {
  const { colon, menuSays, keeps } = words[language];
  const isCommand = commandList.some((known) => known.name === command);
  return `- **${language === 'en' ? name : nameZh}**${colon}${isCommand ? menuSays(command) : keeps}`;
}

/** The sign on a button in its usual words; empty for those that have others each time. */
const signOf = (word: ButtonWord): string => {
  const sign = Object.values(buttonLooks).find((look) => look.word === word)?.emoji ?? '';
  return sign === '' ? '' : `${sign} `;
};

function buttonLine(word: ButtonWord, about: Label, language: Language): string {
  return `- ${signOf(word)}**${messagesIn(language).buttons[word]}**${words[language].colon}${about[language]}`;
}

/** The reference page of all commands and buttons, Markdown. */
export function commandsPage(language: Language): string {
  const { title, intro, commands, menu, buttons } = words[language];
  const [whole, parted] = [
    commandList.filter(({ subcommands }) => !subcommands),
    commandList.filter(({ subcommands }) => subcommands),
  ];
  const groups = buttonGroups.flatMap((group) => [
    ...['', `### ${group.title[language]}`, ''],
    ...Object.entries<Label>(group.buttons).map(([word, about]) => buttonLine(word as ButtonWord, about, language)),
  ]);
  const lines = [
    ...[`# ${title}`, '', ...intro, '', `## ${commands}`, ''],
    ...whole.flatMap((command) => commandLines(command, language)),
    ...parted.flatMap((command) => commandLines(command, language)),
    ...['', `## ${menu}`, '', ...pictureMenu.map((entry) => menuLine(entry, language))],
    ...['', `## ${buttons}`, ...groups],
  ];
  return `${lines.join('\n')}\n`;
}
