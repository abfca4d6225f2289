import { paramsFromInfotext } from '../../edit/infotext.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { findCheckpoint } from '../../edit/resolve.ts';
import { Refusal } from '../../errors.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { arranged, button } from './buttons.ts';
import type { Doing } from './calls.ts';
import { settingsCards } from './cards.ts';
import { commands } from './commands.ts';

import { catalogNow, orderEdit } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import { pictureView } from './picture-view.ts';
import { findSource } from './source.ts';

/** Shows what made a picture, as its file says, and offers to go on with it. @throws Refusal as `findSource` does */
export async function tellInfo({ flow, heard, incoming, call }: Doing): Promise<void> {
  const { asker, private: language } = heard;
  const { speaker, where, files, repliedTo, message, answer } = incoming;
  const link = typeof call.options.link === 'string' && call.options.link.trim() !== '' ? call.options.link : null;
  const [file, ...others] = files.filter(({ role }) => role === 'image');
  const source = await findSource(flow, { speaker, where, repliedTo, message, link, file, others });
  const node = source.kind === 'node' ? source.node : await plantUpload(flow, asker, source.upload);
  const messages = messagesIn(language);
  const platform = flow.platformOf(where.place);
  if (!platform) return;
  const cards = settingsCards(messages, await pictureView(flow, node, { whole: false }), platform.capabilities);
  const offer = node.infotext === null ? [] : [[button(messages, 'ui', node.id)]];
  for (const [at, card] of cards.entries()) {
    const isLast = at === cards.length - 1;
    await answer.tell(isLast ? { ...card, rows: arranged(offer, platform.capabilities) } : card);
  }
}

/**
 * Edits a picture with what its own file says made it. A model that is not here is left out, and the card says so.
 * @throws Refusal 'nothing-to-repeat' when the file says nothing, and as `orderEdit` and `accept` do
 */
export async function useInfo(flow: Flow, asker: Asker, node: LineageNode): Promise<void> {
  const { prompt = '', negativePrompt = '', ...said } = paramsFromInfotext(node.infotext ?? '');
  if (node.infotext === null) throw new Refusal('nothing-to-repeat', {});
  const { checkpoint = '', refiner = '', ...others } = said;
  const isAbsent = async (name: string) => name !== '' && !(await isKnown(flow, name));
  const [noCheckpoint, noRefiner] = [await isAbsent(checkpoint), await isAbsent(refiner)];
  const absent = [...(noCheckpoint ? [checkpoint] : []), ...(noRefiner ? [refiner] : [])];
  const notes = absent.map((name) => messagesIn(asker.language).picture.otherModel(name));
  const params = {
    ...others,
    ...(!noCheckpoint && checkpoint !== '' && { checkpoint }),
    ...(!noRefiner && { refiner }),
  };
  const words = {
    prompt,
    append: '',
    negative: negativePrompt,
    appendNegative: '',
    params,
    region: null,
    saidTwice: [],
  };
  const source = { kind: 'node', node, how: 'pointed at' } as const;
  const about = { command: commands.edit, words, source, mask: undefined, sketch: undefined, followsUp: false };
  const order = await orderEdit(flow, asker, about);
  await accept(flow, { ...order, notes: [...order.notes, ...notes] });
}

async function isKnown(flow: Flow, checkpoint: string): Promise<boolean> {
  const catalog = await catalogNow(flow);
  try {
    findCheckpoint(catalog, checkpoint);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
