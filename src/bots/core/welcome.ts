import { newId } from '../../edit/lineage.ts';
import { Refusal } from '../../errors.ts';
import type { Language } from '../../storage/index.ts';
import { type Flow, plantUpload } from './accept.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Heard } from './heard.ts';
import { tellHelp } from './help.ts';
import { messagesIn } from './messages/index.ts';
import { postNode } from './moves.ts';
import type { Button, CommandIncoming } from './platform.ts';
import type { Press } from './press.ts';
import { offerSheet } from './sketch-command.ts';
import { storeUpload } from './source.ts';

/** Ways to begin. */
const ways = ['sample', 'photo', 'draw', 'help'] as const;
const emoji = { sample: '🏞️', photo: '📷', draw: '✏️', help: '❓' } as const satisfies Record<
  (typeof ways)[number],
  string
>;

/** Buttons of ways to begin; one needs an id, and these are about nothing yet. */
function beginButtons(flow: Flow, language: Language, shown: readonly (typeof ways)[number][]): readonly Button[] {
  const messages = messagesIn(language);
  const { choices } = messages.house.welcome;
  const id = newId(flow.random);
  return shown.map((arg) => button(messages, 'wl', id, { label: choices[arg], emoji: emoji[arg], arg }));
}

/** For somebody who asked for an edit, and there is no picture. */
export const waysToBegin = (flow: Flow, language: Language): readonly Button[] =>
  beginButtons(flow, language, ['sample', 'draw', 'help']);

/** Greets somebody who has just come, with ways to begin. */
export async function welcome(flow: Flow, { asker, ...heard }: Heard, { answer }: CommandIncoming): Promise<void> {
  const platform = flow.platformOf(asker.where.place);
  const messages = messagesIn(heard.private);
  const { title, lines } = messages.house.welcome;
  const buttons = beginButtons(flow, heard.private, ways);
  const hint = asker.where.hears === 'what is meant for it' ? [messages.house.groupHint] : [];
  const rows = platform ? arranged([buttons.slice(0, 2), buttons.slice(2)], platform.capabilities) : [buttons];
  await answer.tell({ ...plainCard, title, lines: [...lines, ...hint], rows });
}

/** A small landscape of our own, as the first picture of a tree. */
async function postSample(flow: Flow, { asker }: Press): Promise<void> {
  const upload = await storeUpload(flow, await flow.probe.sample(), { message: null, spoiler: false });
  const node = await plantUpload(flow, asker, upload);
  await postNode(flow, asker, node, [messagesIn(asker.language).house.sampleNote]);
}

/** Begins in the way a button of the greeting says. @throws Refusal 'old-button' */
export async function begin(flow: Flow, press: Press): Promise<void> {
  const { asker, incoming, private: language } = press;
  const way = ways.find((known) => known === incoming.arg);
  switch (way) {
    case 'sample':
      return postSample(flow, press);
    case 'photo':
      return incoming.answer.tell({ ...plainCard, title: messagesIn(language).house.sendPhoto });
    case 'draw':
      return offerSheet(flow, { asker, private: language }, incoming);
    case 'help':
      return tellHelp(incoming.answer, 'start', language);
    case undefined:
      throw new Refusal('old-button', {});
    default:
      return way satisfies never;
  }
}
