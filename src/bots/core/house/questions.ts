import type { NodeId } from '../../../edit/lineage.ts';
import { Refusal } from '../../../errors.ts';
import type { Draft } from '../../../storage/index.ts';
import { promise } from '../accept.ts';
import { plainCard } from '../cards.ts';
import { messagesIn } from '../messages/index.ts';
import { spend } from '../open-drafts.ts';
import type { Flow } from '../order.ts';
import type { Press } from '../press.ts';
import { visibleNode } from '../source.ts';
import { saidIn } from '../threads.ts';
import { type QuestionKind, questionKinds } from './drafts.ts';
import { admit } from './gate.ts';
import { contentOf, copyPreset, presetName, type SharedPreset, savePreset } from './preset-command.ts';
import { forget } from './privacy-command.ts';
import { remind } from './reminders.ts';
import { heldOrder, postCard, report } from './review.ts';

type Answered = (flow: Flow, press: Press, draft: Draft) => Promise<void>;

/** A moderator lets an order in as it was asked for. @throws Refusal 'not-yours', 'gone' and as `promise` does */
async function allow(flow: Flow, { asker, incoming, ...press }: Press, draft: Draft): Promise<void> {
  if (!asker.speaker.moderator) throw new Refusal('not-yours', {});
  const held = await heldOrder(flow, draft.content);
  if (!held) throw new Refusal('gone', {});
  await spend(flow, draft, async () => {
    const { limits, spoiler, order } = await admit(flow, held.order);
    await promise(flow, { order, limits, spoiler: spoiler || held.spoiler, review: [] });
  });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).house.allowed });
}

async function deny(flow: Flow, { asker, incoming, ...press }: Press, draft: Draft): Promise<void> {
  if (!asker.speaker.moderator) throw new Refusal('not-yours', {});
  const held = await heldOrder(flow, draft.content);
  await flow.storage.drafts.take(draft.id);
  if (held) {
    const { language, where, key } = held.order.asker;
    const card = { ...plainCard, title: messagesIn(language).house.denied, tone: 'warning' } as const;
    await postCard(flow, saidIn(where), card, { key: `denied:${key}`, language });
  }
  await incoming.answer.tell({ ...plainCard, title: messagesIn(press.private).house.denied });
}

/** Only who was asked may answer. @throws Refusal 'not-yours' */
function checkAsked({ asker }: Press, { author }: Draft): void {
  if (asker.speaker.user !== author) throw new Refusal('not-yours', {});
}

const onYes: Readonly<Partial<Record<QuestionKind, Answered>>> = {
  review: allow,
  forget: async (flow, press, draft) => {
    checkAsked(press, draft);
    await forget(flow, press.asker, press.incoming.answer, press.private);
  },
  remind: async (flow, press, draft) => {
    checkAsked(press, draft);
    await flow.storage.drafts.take(draft.id);
    await remind(flow, press, draft);
  },
};

const onNo: Readonly<Partial<Record<QuestionKind, Answered>>> = { review: deny };

/** Whether a draft is one of the house's questions. */
export function isQuestion({ kind }: Draft): boolean {
  return questionKinds.some((known) => known === kind);
}

/** Yes to a question. @throws Refusal 'gone', 'not-yours' */
export async function confirm(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const answered = onYes[draft.kind as QuestionKind];
  if (!answered) throw new Refusal('old-button', {});
  await answered(flow, press, draft);
}

/** No to a question: it is open no longer. @throws Refusal 'gone', 'not-yours' */
export async function dismiss(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const answered = onNo[draft.kind as QuestionKind];
  if (answered) return answered(flow, press, draft);
  checkAsked(press, draft);
  await flow.storage.drafts.take(draft.id);
}

/** Saves the values of a picture under a name that is asked for, or copies a preset that was shared. */
export async function savePressed(flow: Flow, press: Press): Promise<void> {
  const { incoming, asker } = press;
  const { house } = messagesIn(press.private);
  const shared = await flow.storage.drafts.find(incoming.target);
  if (shared?.kind === 'preset') {
    const name = await copyPreset(flow, asker, shared.content as SharedPreset);
    return incoming.answer.tell({ ...plainCard, title: house.presetSaved(name) });
  }
  const node = await visibleNode(flow, incoming.target as NodeId, asker.where);
  if (!node.task) throw new Refusal('nothing-to-repeat', {});
  if (!incoming.values) {
    const field = { name: 'name', label: house.presetName, value: '', long: false, required: true, maxLength: 32 };
    return incoming.answer.form({
      action: 'ps',
      target: node.id,
      title: house.presetForm(node.number),
      fields: [field],
    });
  }
  const name = presetName(incoming.values.name ?? '');
  const content = contentOf(node.task.request.params);
  await savePreset(flow, asker, { scope: 'user', owner: asker.speaker.user, name, content });
  await incoming.answer.tell({ ...plainCard, title: house.presetSaved(name) });
}

/** Brings a picture to the moderators. */
export async function reportPressed(flow: Flow, { asker, incoming, ...press }: Press): Promise<void> {
  const node = await visibleNode(flow, incoming.target as NodeId, asker.where);
  const { house } = messagesIn(press.private);
  const shown = await flow.storage.messages.ofNode(asker.where.place, node.id);
  const link = shown ? (flow.platformOf(asker.where.place)?.linkTo?.(asker.where.place, shown.message) ?? null) : null;
  const isTold = await report(flow, asker, { node: node.id, link });
  await incoming.answer.tell({ ...plainCard, title: isTold ? house.reported : house.noLog });
}
