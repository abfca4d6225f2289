import type { BlobStore } from '../../edit/blob.ts';
import type { PlaceId } from '../../edit/lineage.ts';
import type { Answer, Card, Form, Incoming, RemoteFile, RepliedTo, Whereabouts } from '../core/platform.ts';
import type { WireAnswer } from './client/wire.ts';
import type { Conversation } from './conversation.ts';
import type { Message, SaidFile } from './message.ts';
import { code, wireCard, wireForm } from './render.ts';
import type { PressRequest, SayRequest, SentFile, Visitor } from './requests.ts';
import { typed } from './typed.ts';
import type { Views } from './views.ts';

/** The one conversation of the web chat, shared by everybody who has its link. */
export const webPlace = 'w:main' as PlaceId;
const where: Whereabouts = { place: webPlace, group: 'w', kind: 'room', selfRuled: true, locale: null };

/** Where what people do on the page is brought to the core. */
export interface Hearing {
  readonly conversation: Conversation;
  readonly views: Views;
  readonly blobs: Pick<BlobStore, 'put'>;
  readonly receive: (incoming: Incoming) => Promise<void>;
}

/** What the core answers while it deals with one request. */
interface Gathered {
  readonly answer: Answer;
  readonly given: () => WireAnswer;
}

/** Whether a button stands under a message: who says they pressed it there may else change what others read. */
function hasButton({ card }: Message, pressed: string | undefined): boolean {
  const buttons = [...(card?.rows.flat() ?? []), ...(card?.choices?.options ?? [])];
  return buttons.some((button) => code.encode(button) === pressed);
}

/** A card whose files to keep lie among the blobs, so that they can be fetched until those are swept. */
async function withFiles({ blobs }: Hearing, card: Card): Promise<Card> {
  const images = card.images.map(async (image) =>
    image.original && typeof image.source !== 'string' ? { ...image, source: await blobs.put(image.source) } : image,
  );
  return { ...card, images: await Promise.all(images) };
}

/** Warnings go back with the response; what somebody may want to keep becomes a message that only they see. */
function gathering(
  hearing: Hearing,
  { user }: Visitor,
  { key, replyTo, code: pressed }: { readonly key: string; readonly replyTo: string | null; readonly code?: string },
): Gathered {
  const { conversation } = hearing;
  const told: Card[] = [];
  let menu: Card | null = null;
  let form: Form | null = null;
  let kept = 0;
  const answer: Answer = {
    async tell(card) {
      if (card.tone === 'warning') {
        told.push(card);
        return;
      }
      const nonce = `told:${key}:${kept++}`;
      await conversation.post({ to: user, replyTo, nonce, said: null, card: await withFiles(hearing, card) });
    },
    async form(asked) {
      form = asked;
    },
    async replace(card) {
      const message = replyTo === null ? undefined : conversation.find(replyTo);
      const isTheirs = message?.to === user;
      if (message && (isTheirs || (message.to === null && hasButton(message, pressed))))
        await conversation.change(message.id, card);
      else await answer.tell(card);
    },
    async menu(card) {
      menu = card;
    },
  };
  const before = replyTo === null ? undefined : conversation.find(replyTo);
  const isInPlace = () => {
    const now = replyTo === null ? undefined : conversation.find(replyTo);
    return now !== undefined && now !== before;
  };
  const given = () => ({
    ...{ told: told.map(wireCard), menu: menu && wireCard(menu), form: form && wireForm(form) },
    inPlace: isInPlace(),
  });
  return { answer, given };
}

function arrived({ visitor, key }: Pick<SayRequest, 'visitor' | 'key'>, answer: Answer) {
  const { user, name, locale } = visitor;
  return {
    key: `${user}:${key}`,
    speaker: { user, name, locale, moderator: false, alias: [`web:@${name.toLowerCase()}`] },
    where,
    answer,
  };
}

function remoteFile({ role, file }: SentFile): RemoteFile {
  const download = async () => new Uint8Array(await file.arrayBuffer());
  return { role, name: file.name, size: file.size, isPainted: role === 'mask', download };
}

async function savedFile(views: Views, { role, file, view }: SentFile): Promise<SaidFile> {
  const kept = view && (await views.put(new Uint8Array(await view.arrayBuffer())));
  return { name: file.name.slice(0, 120), role, view: kept };
}

/** The pictures of somebody's message, as far as copies of them are kept. */
function filesOf(views: Views, { said }: Message): readonly RemoteFile[] {
  return (said?.files ?? []).flatMap(({ name, role, view }) => {
    const download = async () => (await views.get(view ?? '')) ?? new Uint8Array();
    return view === null ? [] : [{ role, name, size: null, download }];
  });
}

function repliedTo({ conversation, views }: Hearing, id: string | null): RepliedTo | null {
  const message = id === null ? undefined : conversation.find(id);
  if (!message) return null;
  const { said, card } = message;
  return { message: message.id, ours: card !== null, ...(said && { by: said.user }), files: filesOf(views, message) };
}

/** Adds what somebody says to the conversation and brings it to the core. @returns what the core answers them alone */
export async function hearSaid(hearing: Hearing, request: SayRequest): Promise<WireAnswer> {
  const { visitor, key, text, settings } = request;
  const files = await Promise.all(request.files.map((file) => savedFile(hearing.views, file)));
  const pointed = repliedTo(hearing, request.replyTo);
  const said = { user: visitor.user, name: visitor.name, text, settings, files };
  const replyTo = pointed?.message ?? null;
  const nonce = `${visitor.user}:${key}`;
  const message = await hearing.conversation.post({ to: null, replyTo, nonce, said, card: null });
  const { answer, given } = gathering(hearing, visitor, { key, replyTo: message });
  const heard = { ...arrived(request, answer), files: request.files.map(remoteFile), repliedTo: pointed, message };
  const words = typed(said);
  await hearing.receive(
    words.kind === 'command' ? { ...heard, ...words, sub: '', options: {} } : { ...heard, ...words },
  );
  return given();
}

/** Brings a pressed button or an answered form to the core. @returns what the core answers them alone */
export async function hearPressed(hearing: Hearing, request: PressRequest): Promise<WireAnswer> {
  const { visitor, key, values } = request;
  const message = request.message !== null && hearing.conversation.find(request.message) ? request.message : null;
  const { answer, given } = gathering(hearing, visitor, { key, replyTo: message, code: request.code });
  const pressed = code.decode(request.code);
  const heard = arrived(request, answer);
  await hearing.receive(
    pressed ? { ...heard, ...pressed, kind: 'action', message, values } : { ...heard, kind: 'unreadable' },
  );
  return given();
}
