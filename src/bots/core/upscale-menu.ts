import { noWords } from '../../edit/draft.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { PartialParams } from '../../edit/params.ts';
import { Refusal } from '../../errors.ts';
import { accept, type Flow } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { EditingCommand } from './command.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import { parseAdvanced, parseOptions } from './options.ts';
import type { Capabilities, Form } from './platform.ts';
import { field, type Press } from './press.ts';

/** The ways to enlarge a picture, as buttons name them. */
export const waysToUpscale = {
  img2img: { size: '2x', denoisingStrength: 0.3, colorCorrection: true, script: 'none' },
  sd: { script: 'SD upscale', scaleFactor: 2 },
  lanczos: { script: 'extras', scaleFactor: 2, sdUpscaler: 'Lanczos' },
  nearest: { script: 'extras', scaleFactor: 2, sdUpscaler: 'Nearest' },
} as const satisfies Record<string, PartialParams>;
type Way = keyof typeof waysToUpscale;

const isWay = (arg: string): arg is Way => Object.hasOwn(waysToUpscale, arg);

async function enlarge(flow: Flow, { asker }: Press, node: LineageNode, params: PartialParams): Promise<void> {
  const words = { ...noWords, params };
  const command: EditingCommand = { ...commands.upscale, edits: { ...commands.upscale.edits, sets: {} } };
  const said = { command, words, source: { kind: 'node', node, how: 'pointed at' }, mask: undefined } as const;
  await accept(flow, await orderEdit(flow, asker, { ...said, sketch: undefined, followsUp: true }));
}

function menu({ private: language }: Press, node: LineageNode, capabilities: Capabilities) {
  const messages = messagesIn(language);
  const { title, lines, ways: words } = messages.upscale;
  const of = (arg: Way | 'custom') => button(messages, 'up', node.id, { arg, label: words[arg] });
  const groups = [
    [of('img2img'), of('sd')],
    [of('lanczos'), of('nearest'), of('custom')],
  ];
  return { ...plainCard, title: title(node.number), lines, rows: arranged(groups, capabilities) };
}

function customForm({ private: language }: Press, node: LineageNode): Form {
  const messages = messagesIn(language);
  const { scaleFactor, denoisingStrength, sdUpscaler } = fields;
  return {
    ...{ action: 'up', target: node.id, arg: 'custom', title: messages.upscale.form(node.number) },
    fields: [
      field(scaleFactor.chat, messages.upscale.factor, '2'),
      field(denoisingStrength.chat, denoisingStrength.label[language], '0.3'),
      field(sdUpscaler.chat, sdUpscaler.label[language], 'Lanczos'),
      field('advanced', messages.form.advanced, '', { long: true, maxLength: 1000 }),
    ],
  };
}

/** What the form says: without strength nothing is repainted. */
function customParams(values: Readonly<Record<string, string>>): PartialParams {
  const { advanced = '', ...typed } = values;
  const given = Object.fromEntries(Object.entries(typed).filter(([, value]) => value.trim() !== ''));
  const params = { ...parseOptions(given), ...parseAdvanced(advanced) };
  const script = params.denoisingStrength === 0 ? 'extras' : 'SD upscale';
  return { script, sdUpscaler: 'Lanczos', scaleFactor: 2, ...params };
}

/** The menu of Upscale, a way chosen from it, or its answered form. @throws Refusal 'old-button', and whatever enlarging refuses */
export async function upscaleMenu(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming, asker } = press;
  const { arg, values } = incoming;
  if (isWay(arg)) return enlarge(flow, press, node, waysToUpscale[arg]);
  if (arg === 'custom') {
    if (values) return enlarge(flow, press, node, customParams(values));
    return incoming.answer.form(customForm(press, node));
  }
  if (arg !== '') throw new Refusal('old-button', {});
  const platform = flow.platformOf(asker.where.place);
  if (platform) await incoming.answer.tell(menu(press, node, platform.capabilities));
}
