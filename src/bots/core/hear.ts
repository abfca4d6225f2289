import { Refusal } from '../../errors.ts';
import type { Flow } from './accept.ts';
import { act } from './actions.ts';
import { errorCard, plainCard } from './cards.ts';
import { commands } from './commands.ts';
import { takeBack } from './correction.ts';
import { obeyCommand } from './doing.ts';
import { answersDraft } from './draft-replies.ts';
import { parseWords } from './grammar.ts';
import type { Heard } from './heard.ts';
import { checkNames, checkWelcome } from './house/gate.ts';
import { presetNamed, takePreset } from './house/preset-names.ts';
import { sortFiles } from './mask.ts';
import { messagesIn } from './messages/index.ts';
import { soundTexts } from './plain-text.ts';
import type { Incoming, MessageIncoming } from './platform.ts';
import { edit, obey, type Telling } from './telling.ts';
import { parseText } from './verbs.ts';
import { withChosen } from './which-picture.ts';

/** Days until somebody is told again that a reply needs the mention to be seen. */
const HINT_DAYS = 30;

/** A reply whose words the platform kept to itself: says so, but not every time. */
async function hint({ storage, clock }: Flow, heard: Heard, incoming: MessageIncoming): Promise<void> {
  const { user } = incoming.speaker;
  if (!(await storage.people.mayHint(user, 'no-content', HINT_DAYS, new Date(clock.now())))) return;
  await incoming.answer.tell(errorCard(messagesIn(heard.private), { code: 'no-content', details: {} }, null));
}

/** Words that come with pictures repeat or undo nothing: a verb that would is a prompt there. */
function read(text: string): ReturnType<Telling['read']> {
  const said = parseText(text);
  if (said.kind === 'edit') return { command: commands[said.command], words: said.words };
  return { command: commands.edit, words: parseWords(text) };
}

/** Whether a picture that came late is the mask of the one that came in time. */
async function isMaskOfAlbum(flow: Flow, { files, repliedTo, where }: MessageIncoming): Promise<boolean> {
  const link = repliedTo && (await flow.storage.messages.find(where.place, repliedTo.message));
  if (!link?.node) return false;
  const hints = { saysMask: false, saysSketch: false, repliesToPicture: true };
  return (await sortFiles(flow, files, hints)).mask !== undefined;
}

async function message(flow: Flow, heard: Heard, incoming: MessageIncoming): Promise<void> {
  const { files, text, repliedTo } = incoming;
  if (incoming.isLate && !(await isMaskOfAlbum(flow, incoming))) {
    const { title, line } = messagesIn(heard.private).late;
    return incoming.answer.tell({ ...plainCard, title, lines: [line], tone: 'warning' });
  }
  if (files.length === 0 && text.trim() === '' && !repliedTo?.files.length) return hint(flow, heard, incoming);
  if (files.length === 0 && (await answersDraft(flow, heard, incoming))) return;
  const { preset, rest } = takePreset(text);
  const said = files.length === 0 ? parseText(rest) : undefined;
  if (said?.kind === 'verb') {
    const named = preset === null ? undefined : await presetNamed(flow, heard.asker, preset);
    return obey(flow, heard, incoming, { ...said, params: { ...named?.content.params, ...said.params } });
  }
  return edit(flow, heard, { incoming, link: null, followsUp: true, read, target: null });
}

/** Options and fields without what no database keeps; texts are read by a grammar that sees to it. */
function sounded(incoming: Incoming): Incoming {
  if (incoming.kind === 'command') return { ...incoming, options: soundTexts(incoming.options) };
  if (incoming.kind !== 'action' || !incoming.values) return incoming;
  return { ...incoming, values: soundTexts(incoming.values) };
}

/** Does what an incoming thing asks for. @throws Refusal for whatever cannot be done */
export async function hear(flow: Flow, heard: Heard, arrived: Incoming): Promise<void> {
  const incoming = sounded(arrived);
  await checkWelcome(flow, heard.asker, incoming);
  if ('files' in incoming) {
    await checkNames(
      flow,
      incoming.where,
      incoming.files.map(({ name }) => name),
    );
  }
  if ('corrects' in incoming && incoming.corrects && !(await takeBack(flow, heard, incoming))) return;
  switch (incoming.kind) {
    case 'command':
      return obeyCommand(flow, heard, await withChosen(flow, incoming));
    case 'message':
      return message(flow, heard, await withChosen(flow, incoming));
    case 'action':
      return act(flow, { asker: heard.asker, incoming, private: heard.private });
    case 'unreadable':
      throw new Refusal('old-button', {});
    default:
      return incoming satisfies never;
  }
}
