import type { BlobRef } from '../../edit/blob.ts';
import type { NodeId, PlaceId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import type { Language } from '../../storage/index.ts';

/** What a platform can show; the core trims cards to it and never asks which platform it is. */
export interface Capabilities {
  /** Bytes of one file at most, where no request says otherwise. */
  readonly maxUpload: number;
  /** Characters of a card's text. */
  readonly maxText: number;
  readonly buttonsPerRow: number;
  readonly rows: number;
  /** Lists to choose from stand on cards; else choices are buttons. */
  readonly selectMenus: boolean;
  /** Further buttons of a card open beside it, for whoever asked; or they stand in place of its own, for everybody. */
  readonly menus: 'beside' | 'in place';
  /** Forms open in place (a modal, a dialog); else a form is a message to reply to. */
  readonly forms: boolean;
  /** A mask can be painted over a picture right where it is shown. */
  readonly painting: boolean;
  /** Of two pictures sent together: people are asked what the second is, or the first is taken and the other offered in exchange. */
  readonly pairs: 'ask' | 'first';
  /** Answers can be shown to one person only. */
  readonly ephemeral: boolean;
  /** A card that showed progress becomes the result, when that comes soon; else every result is a message of its own. */
  readonly resultsInPlace: boolean;
  /** Files can be hidden until touched, like pictures. */
  readonly hidesFiles: boolean;
  /** Progress edits, of all cards of a place together, are at least this far apart, ms: in private, and in a room. */
  readonly editIntervalMs: { readonly private: number; readonly room: number };
  /** Live previews are at least this far apart, ms; null: none in rooms. */
  readonly previewIntervalMs: { readonly private: number | null; readonly room: number | null };
}

/** A button: what it does, to which node (or job), with a short argument. Everything else is looked up. */
export interface Button {
  readonly label: string;
  readonly emoji?: string;
  readonly action: ActionId;
  /** Node, job or draft id; ten characters. */
  readonly target: string;
  /** ASCII, at most 40 bytes; may be empty. */
  readonly arg?: string;
  readonly style?: 'primary' | 'secondary' | 'danger';
  readonly disabled?: boolean;
}

/** Two letters, as they stand in `p1|<act>|<target>|<arg>` (Discord) and `1:<act>:<target>:<arg>` (Telegram). */
export const actionIds = [
  ...['ag', 'ls', 'mo', 'ed', 'sm', 'pk', 'un', 'rd', 'st', 'fl', 'cx', 'rt', 'cs', 'ui'],
  ...['br', 'bx', 'hs', 'sh', 'mx', 'cp', 'dl', 'tg', 'lk', 'vt', 'wp', 'as', 'al', 'ah'],
  ...['rg', 'up', 'op', 'rm', 'se', 'mu', 'mi', 'mg', 'mh', 'mc', 'so', 'sk', 'ok', 'no'],
  ...['ps', 'fg', 'pn', 'wl'],
] as const;
export type ActionId = (typeof actionIds)[number];

/** Whether pressing this button must be answered by a form; such a press is not acknowledged before. */
export function opensForm(action: ActionId, arg = ''): boolean {
  if (action === 'op') return arg === 'prompt';
  if (action === 'up') return arg === 'custom';
  if (action === 'bx') return arg === 'r';
  return action === 'ed' || action === 'br' || action === 'mu' || action === 'ps' || (action === 'rm' && arg === '');
}

/** A picture of a card: stored, or passing by (a live preview). */
export interface CardImage {
  readonly source: BlobRef | Uint8Array;
  /** `palimpsest_<node>.png`; the ending follows the bytes really sent. */
  readonly name: string;
  /** Said to people who cannot see it. */
  readonly description: string;
  /** The picture it shows, so that a reply to it, where it is a message of its own, finds that one. */
  readonly node?: NodeId;
  /** The picture must arrive byte for byte, as a file. */
  readonly original?: boolean;
}

/** One of several things to choose from; choosing it is pressing a button. */
export interface Choice {
  readonly label: string;
  readonly action: ActionId;
  readonly target: string;
  readonly arg?: string;
  /** The line of the card that is about it, from 0; null for none. */
  readonly line: number | null;
}

/** A list to choose from, on platforms with `selectMenus`; at most 25. */
export interface Choices {
  readonly placeholder: string;
  readonly options: readonly Choice[];
}

/**
 * One message of ours, platform-neutral. JSON except for passing previews; what is in the outbox has blob references only.
 * Title and lines are plain text that may hold people's words: adapters neutralise markup and mentions. Control and direction
 * characters are already gone.
 */
export interface Card {
  readonly title: string;
  readonly lines: readonly string[];
  /** Below the lines, in letters of one width: what must stand one under the other. */
  readonly block?: readonly string[];
  readonly images: readonly CardImage[];
  readonly rows: readonly (readonly Button[])[];
  readonly choices?: Choices;
  readonly tone: 'plain' | 'busy' | 'done' | 'warning';
  /** Pictures are hidden until touched. */
  readonly spoiler: boolean;
}

/** A question with fields: a modal, a dialog, or a message that shows the present values and is to be replied to. */
export interface Form {
  /** Comes back with the answer: `<action>|<target>|<arg>`, the same coding as a button's. */
  readonly action: ActionId;
  readonly target: string;
  readonly arg?: string;
  readonly title: string;
  readonly fields: readonly FormField[];
}
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly long: boolean;
  readonly required: boolean;
  readonly maxLength: number;
}

/** A file somebody sent, not downloaded yet. */
export interface RemoteFile {
  /** What it is for: known from an option's name, else `image`. `markup` is a mask when it is black and white, else a sketch. */
  readonly role: 'image' | 'mask' | 'sketch' | 'markup';
  readonly name: string;
  /** Bytes, as the platform says; null when it does not. */
  readonly size: number | null;
  /** Hidden until touched; what is made of it is hidden too. */
  readonly spoiler?: boolean;
  /** A mask somebody painted over the picture a moment ago: nobody need ask whether it is the right one. */
  readonly isPainted?: boolean;
  /** @throws Refusal 'download-failed', 'file-too-big' */
  download(signal: AbortSignal): Promise<Uint8Array>;
}

/** Who speaks, where, and in which language their client is. */
export interface Speaker {
  readonly user: UserId;
  readonly name: string;
  /** As the platform reports it: `zh-CN`, `en-US`, `zh-hans`; null when unknown. */
  readonly locale: string | null;
  /** May cancel others' jobs and the like. */
  readonly moderator: boolean;
  /** May change what holds for the whole server or chat. */
  readonly manager?: boolean;
  /** Ids of their roles here, where there are such things. */
  readonly roles?: readonly string[];
  /** What others call them by where that is no id, in lower case: `telegram:@bo`. */
  readonly handle?: string;
  /** What else they may be invited as: a role (`discord-role:…`), a name (`web:@bo`). */
  readonly alias?: readonly string[];
}
export interface Whereabouts {
  readonly place: PlaceId;
  /** Who shares a turn and limits: `d:<guild>`, `d:dm`, `t:<chat>`, `w`. */
  readonly group: string;
  readonly kind: 'private' | 'room';
  /** Marked by the platform as a place for what is not safe for work. */
  readonly nsfw?: boolean;
  /** Locale of the server, for public messages. */
  readonly locale: string | null;
  /** Nobody looks after it: whoever is there sets its rules. */
  readonly selfRuled?: boolean;
  /** What a thread or the like hangs on: what was decided there holds here too, unless something else was. */
  readonly within?: PlaceId;
  /** The thread it was said in, of a tree that began in `place`. Set by the core. */
  readonly thread?: PlaceId;
  /** What the platform lets the bot hear here; everything, when not said. */
  readonly hears?: 'everything' | 'what is meant for it';
}

/** A message that is replied to. */
export interface RepliedTo {
  readonly message: string;
  /** Written by this bot. */
  readonly ours: boolean;
  /** Who wrote it, where the platform says so. */
  readonly by?: UserId;
  /** Pictures of a foreign message, when the platform shows them. */
  readonly files: readonly RemoteFile[];
  /** Which of several pictures of ours is meant, from 0. Set by the core. */
  readonly which?: number;
}

/**
 * How to answer one incoming thing. The adapter has already acknowledged it in time, except a button or command that opens a form
 * (see `opensForm`): that one is answered by `form`, or by `tell` when it is refused, within a second.
 */
export interface Answer {
  /** Names this answer, where messages that are sent with `aloneWith` it are seen by the person alone, for a while. */
  readonly ticket?: string;
  /** Tells the person alone where the platform can, else as a reply. May be called several times. */
  tell(card: Card): Promise<void>;
  /** Says to a person alone what goes away by itself after some seconds; absent where that cannot be, or would be in the way. */
  briefly?(card: Card): Promise<void>;
  form(form: Form): Promise<void>;
  /** Shows a card in place of the one whose button was pressed; where that cannot be, tells it. */
  replace(card: Card): Promise<void>;
  /** Shows further buttons of the message whose button was pressed, as `Capabilities.menus` says. */
  menu(card: Card): Promise<void>;
}

interface Arrived {
  /** The platform's id of the update or interaction with its prefix, unique for ever: a repeated delivery has the same. */
  readonly key: string;
  readonly speaker: Speaker;
  readonly where: Whereabouts;
  readonly answer: Answer;
  /** Comes from a message that they alone see; what becomes of it is for them alone as well. */
  readonly isPrivate?: boolean;
}

/** A slash command, or a message that begins with one. */
export interface CommandIncoming extends Arrived {
  readonly kind: 'command';
  readonly name: string;
  /** `show`, `words add`, where the platform tells subcommands apart; empty without one, and in typed commands. */
  readonly sub: string;
  /** By chat option name (`strength`, `mask-blur`), as texts, numbers and switches arrive. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** What follows a typed command; parsed by the grammar. Empty for slash commands. */
  readonly text: string;
  readonly files: readonly RemoteFile[];
  readonly repliedTo: RepliedTo | null;
  /** Their message, to reply to; null for slash commands. */
  readonly message: string | null;
  /** Says anew what that message said before: counts while the edit still waits. */
  readonly corrects?: boolean;
  /** Of several pictures that were sent together the platform showed us only this one. */
  readonly isPartial?: boolean;
}

/** Text, pictures, a reply, or all of these, meant for us. */
export interface MessageIncoming extends Arrived {
  readonly kind: 'message';
  readonly text: string;
  readonly files: readonly RemoteFile[];
  readonly repliedTo: RepliedTo | null;
  readonly message: string | null;
  /** As in a command. */
  readonly corrects?: boolean;
  /** A picture that came after the others of its album had been dealt with; it "replies" to them. */
  readonly isLate?: boolean;
}

/** A button pressed or a form sent; identifiers are as the message carried them and may be forged. */
export interface ActionIncoming extends Arrived {
  readonly kind: 'action';
  readonly action: ActionId;
  readonly target: string;
  readonly arg: string;
  /** The message with the button. */
  readonly message: string | null;
  /** What that message replies to, where the platform says so. */
  readonly about?: string;
  /** Their own message, where a form is answered by one. */
  readonly said?: string;
  /** Field values, when this is an answered form. */
  readonly values: Readonly<Record<string, string>> | null;
}

/** A button whose identifier nobody can read: another version, or forged. */
export interface UnreadableIncoming extends Arrived {
  readonly kind: 'unreadable';
}

export type Incoming = CommandIncoming | MessageIncoming | ActionIncoming | UnreadableIncoming;

export interface SendOptions {
  /**
   * The message to reply to; sent plainly when it is gone. What `aloneIn` reads is shown to one person alone, or not at all:
   * `unreachable` when that is not possible any more.
   */
  readonly replyTo: string | null;
  /** At most 25 characters; a platform that knows nonces posts the same one only once. */
  readonly nonce: string;
  /** A thread of the place to post in; its messages are called as `inThread` calls them. */
  readonly thread?: PlaceId;
  /** Posted possibly twice: the platform could not say whether the first try arrived. */
  readonly repeated: boolean;
  readonly language: Language;
  /** Somebody it shall be brought to the notice of. */
  readonly mention?: UserId | null;
  /** Arrives without a sound, where a platform can do that. */
  readonly silent?: boolean;
}

/**
 * The platform's ids of the messages a card became: the one with its words and buttons, then, where pictures go out beside it as an
 * album, one for each picture in the card's order.
 */
export type Posted = readonly [message: string, ...pictures: string[]];

/** Why a message could not be posted. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /**
   * `retry`: surely not posted (or a nonce makes posting it again harmless), try later; `uncertain`: the connection broke, it may have
   * been posted – tried again after a minute, marked as repeated; `unreachable`: the place cannot be written to; `no-way`: nor can it
   * now, but it has refused nothing; `gone`: the message to edit no longer exists; `too-big`: files; `no-pictures`: the place takes words from
   * us, but neither pictures nor files. Anything else that is thrown counts as `uncertain`.
   */
  readonly reason: 'retry' | 'uncertain' | 'unreachable' | 'no-way' | 'gone' | 'too-big' | 'no-pictures';
  readonly retryAfterMs: number | null;
  constructor(reason: DeliveryError['reason'], retryAfterMs: number | null, options?: ErrorOptions) {
    super(`delivery: ${reason}`, options);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a place is called, and the server it belongs to. */
export type Address = Pick<Whereabouts, 'place' | 'group'>;

/**
 * Says that a place goes on under another name. Resolves when everything of it is there; what is sent to the old name the adapter sends
 * to the new one, and what cannot be edited there any more is `gone`.
 */
export type Moved = (from: Address, to: Address) => Promise<void>;

/** One chat platform. Adapters translate; they contain no editing logic. Every method may be called at any time after `start`. */
export interface Platform extends AsyncDisposable {
  readonly name: 'discord' | 'telegram' | 'web';
  readonly capabilities: Capabilities;
  /**
   * Connects, registers commands and begins to deliver. `receive` never waits for a job and does not throw; its promise resolves when
   * the incoming has been dealt with (downloads included, so a poll loop does not wait for it): by then everything there was to
   * `tell` has been told, and an acknowledgement that still says "thinking…" can be taken away.
   */
  start(receive: (incoming: Incoming) => Promise<void>, moved?: Moved): Promise<void>;
  /** @throws DeliveryError */
  send(place: PlaceId, card: Card, options: SendOptions): Promise<Posted>;
  /** Replaces text, buttons and – when the card has any – pictures. An edit that changes nothing succeeds. @throws DeliveryError */
  edit(place: PlaceId, message: string, card: Card): Promise<void>;
  /** A message of a place as far as the platform lets us see it; null when it does not. For platforms where messages can be linked to. */
  look?(place: PlaceId, message: string): Promise<RepliedTo | null>;
  /** The newest picture somebody posted in a place; for platforms that let us read what is not meant for us. */
  lookBack?(place: PlaceId): Promise<RepliedTo | null>;
  /** Succeeds when the message is already gone or too old. */
  remove(place: PlaceId, message: string): Promise<void>;
  /** What is shared by places that the platform limits together; a place stands for itself, when not said. */
  paceOf?(place: PlaceId): string;
  /** Whether a place that refuses messages can still be answered, through what somebody did there a moment ago. */
  answers?(place: PlaceId): boolean;
  /** Where somebody alone reads; null where the platform has no such place, or they let nobody write to them. */
  directPlace(user: UserId): Promise<PlaceId | null>;
  /** Begins a thread at a message of a place, where there are threads; one that was begun there before is the same. @throws DeliveryError */
  openThread?(place: PlaceId, message: string, name: string): Promise<PlaceId>;
  /** An address that leads to a message, where there is such a thing; null for a message that has none. */
  linkTo?(place: PlaceId, message: string): string | null;
}

/** What an adapter needs of the core to read identifiers and register commands. */
export interface ButtonCode {
  encode(button: Pick<Button, 'action' | 'target' | 'arg'>): string;
  decode(text: string): Pick<ActionIncoming, 'action' | 'target' | 'arg'> | undefined;
}

/** `p1|ag|0123456789|arg` with a prefix and separator of the platform's own. */
export function buttonCode(prefix: string, separator: string): ButtonCode {
  const known: readonly string[] = actionIds;
  return {
    encode: ({ action, target, arg }) => [prefix, action, target, arg ?? ''].join(separator),
    decode: (text) => {
      const [version, action, target, arg, ...rest] = text.split(separator);
      const sound = version === prefix && rest.length === 0 && /^[0-9a-z]{10}$/.test(target ?? '');
      if (!sound || !known.includes(action ?? '') || (arg ?? '').length > 40) return undefined;
      return { action: action as ActionId, target: target!, arg: arg ?? '' };
    },
  };
}
