import {
  type Button,
  type Capabilities,
  type Card,
  DeliveryError,
  type Form,
  type Incoming,
  type Platform,
  type RemoteFile,
  type RepliedTo,
  type SendOptions,
} from '../../src/bots/core/index.ts';
import type { PlaceId } from '../../src/edit/lineage.ts';
import type { UserId } from '../../src/edit/request.ts';

/** A message of the bot, as everybody in the place sees it. */
export interface Posted {
  readonly id: string;
  readonly place: PlaceId;
  /** What it says now, and everything it said before. */
  card: Card;
  readonly history: Card[];
  readonly options: SendOptions;
  removed: boolean;
}

/** Something said to one person alone. */
export interface Told {
  readonly user: UserId;
  readonly card: Card;
}

/** Somebody using the platform. */
export interface TestUser {
  readonly id: UserId;
  readonly name: string;
  readonly locale?: string;
  readonly moderator?: boolean;
  readonly alias?: readonly string[];
}
export const ann: TestUser = { id: 'discord:900719925474099301', name: 'Ann', locale: 'en-US' };
export const bo: TestUser = { id: 'discord:900719925474099302', name: 'Bo', locale: 'en-US' };

export const quickCapabilities: Capabilities = {
  maxUpload: 10_485_760,
  maxText: 4000,
  buttonsPerRow: 5,
  rows: 5,
  selectMenus: true,
  menus: 'beside',
  forms: true,
  painting: false,
  pairs: 'first',
  ephemeral: true,
  resultsInPlace: false,
  hidesFiles: true,
  editIntervalMs: { private: 5, room: 5 },
  previewIntervalMs: { private: 10, room: null },
};

/** A channel of a server, and its id beyond what a JavaScript number holds. */
export const room = 'd:1152921504606846977:1152921504606846979' as PlaceId;
export const otherRoom = 'd:1152921504606846977:1152921504606846983' as PlaceId;
export const direct = 'd:0:1152921504606846991' as PlaceId;

interface Saying {
  readonly in?: PlaceId;
  readonly files?: readonly (Uint8Array | RemoteFile)[];
  readonly replyTo?: string | RepliedTo;
  readonly key?: string;
  /** The message that says something else now. */
  readonly corrects?: string;
}

/** A picture somebody sends. */
export function file(bytes: Uint8Array, role: RemoteFile['role'] = 'image'): RemoteFile {
  return { role, name: 'picture.png', size: bytes.length, download: async () => bytes };
}

/** A chat platform in memory, and the people who use it. What was posted survives closing it. */
export class TestPlatform implements Platform {
  readonly name = 'discord';
  readonly capabilities: Capabilities;
  readonly posted: Posted[] = [];
  readonly told: Told[] = [];
  readonly forms: Form[] = [];
  /** People who let nobody write to them. */
  readonly closedTo = new Set<UserId>();
  /** Called before each post; may throw, as a platform that is away does. `after`: the message was stored before the connection broke. */
  fault: ((card: Card, when: 'before' | 'after') => void) | undefined;
  /** What places share their limits; a test's own. */
  paceOf: (place: PlaceId) => string = (place) => place;
  #receive: ((incoming: Incoming) => Promise<void>) | undefined;
  #ids = 1152921504606847000n;
  #keys = 0;

  constructor(capabilities: Partial<Capabilities> = {}) {
    this.capabilities = { ...quickCapabilities, ...capabilities };
  }

  async start(receive: (incoming: Incoming) => Promise<void>): Promise<void> {
    this.#receive = receive;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#receive = undefined;
  }

  async send(place: PlaceId, card: Card, options: SendOptions): Promise<readonly [string]> {
    this.fault?.(card, 'before');
    const id = this.#newId();
    this.posted.push({ id, place, card, history: [card], options, removed: false });
    this.fault?.(card, 'after');
    return [id];
  }

  async edit(_place: PlaceId, message: string, card: Card): Promise<void> {
    const posted = this.posted.find((p) => p.id === message);
    if (!posted || posted.removed) throw new DeliveryError('gone', null);
    posted.card = card;
    posted.history.push(card);
  }

  async directPlace(user: UserId): Promise<PlaceId | null> {
    return this.closedTo.has(user) ? null : (`d:0:${user.slice('discord:'.length)}` as PlaceId);
  }

  async remove(_place: PlaceId, message: string): Promise<void> {
    const posted = this.posted.find((p) => p.id === message);
    if (posted) posted.removed = true;
  }

  /** A plain message. Resolves when it has been dealt with, and says which id it had. */
  async say(user: TestUser, text: string, saying: Saying = {}): Promise<string> {
    const message = saying.corrects ?? this.#newId();
    const corrects = saying.corrects !== undefined;
    const spoken = { ...this.#arrived(user, saying), ...this.#pointed(saying), text, message, corrects };
    await this.#deliver({ ...spoken, kind: 'message' });
    return message;
  }

  /** A slash command, or with `text` a typed one. */
  async command(
    user: TestUser,
    name: string,
    options: Readonly<Record<string, string | number | boolean>> = {},
    saying: Saying & { readonly text?: string; readonly sub?: string } = {},
  ): Promise<void> {
    const spoken = { ...this.#arrived(user, saying), ...this.#pointed(saying), name, options };
    await this.#deliver({ ...spoken, kind: 'command', sub: saying.sub ?? '', text: saying.text ?? '', message: null });
  }

  /** A press of a button that stands under a message. */
  async press(
    user: TestUser,
    posted: Pick<Posted, 'id' | 'place' | 'card'>,
    label: string,
    key?: string,
  ): Promise<void> {
    const found = buttonsOf(posted.card).find((b) => b.label === label);
    if (!found) throw new Error(`no button ${label} among ${buttonsOf(posted.card).map((b) => b.label)}`);
    await this.pressRaw(user, found, { in: posted.place, ...(key && { key }) }, posted.id);
  }

  /** A press of a button that stands behind "⋯" of a message. */
  async pressFurther(user: TestUser, posted: Pick<Posted, 'id' | 'place' | 'card'>, label: string): Promise<void> {
    await this.press(user, posted, '⋯');
    const { card } = this.told.at(-1)!;
    await this.press(user, { id: 'told', place: posted.place, card }, label);
  }

  /** A press with whatever identifiers. */
  async pressRaw(
    user: TestUser,
    { action, target, arg = '' }: Pick<Button, 'action' | 'target' | 'arg'>,
    saying: Saying = {},
    message: string | null = null,
    values: Readonly<Record<string, string>> | null = null,
  ): Promise<void> {
    await this.#deliver({
      ...this.#arrived(user, saying, message),
      kind: 'action',
      action,
      target,
      arg,
      message,
      values,
    });
  }

  /** A button nobody can read. */
  async pressUnreadable(user: TestUser): Promise<void> {
    await this.#deliver({ ...this.#arrived(user, {}), kind: 'unreadable' });
  }

  /** A channel nobody has spoken in, of a server nobody has spoken on. */
  newRoom(): PlaceId {
    return `d:${this.#newId()}:${this.#newId()}` as PlaceId;
  }

  /** Messages that still stand, oldest first. */
  standing(place: PlaceId = room): Posted[] {
    return this.posted.filter((p) => !p.removed && p.place === place);
  }

  /** Results that stand. */
  results(place: PlaceId = room): Posted[] {
    return this.standing(place).filter((p) => p.card.tone === 'done');
  }

  #arrived(user: TestUser, { in: place = room, key }: Saying, message: string | null = null) {
    const { id, name, locale = null, moderator = false, alias = [] } = user;
    const [, guild] = place.split(':');
    const isRoom = guild !== '0';
    return {
      key: key ?? `d:${++this.#keys}:${this.#newId()}`,
      speaker: { user: id, name, locale, moderator, alias },
      where: {
        place,
        group: isRoom ? `d:${guild}` : 'd:dm',
        kind: isRoom ? ('room' as const) : ('private' as const),
        locale: null,
      },
      answer: {
        tell: async (card: Card) => void this.told.push({ user: id, card }),
        form: async (form: Form) => void this.forms.push(form),
        replace: async (card: Card) => {
          const posted = this.posted.find((p) => p.id === message);
          if (posted) await this.edit(place, posted.id, card);
          else this.told.push({ user: id, card });
        },
        menu: async (card: Card) => void this.told.push({ user: id, card }),
      },
    };
  }

  #pointed({ files = [], replyTo }: Saying) {
    const repliedTo: RepliedTo | null =
      typeof replyTo === 'string'
        ? { message: replyTo, ours: this.posted.some((p) => p.id === replyTo), files: [] }
        : (replyTo ?? null);
    return { files: files.map((f) => (f instanceof Uint8Array ? file(f) : f)), repliedTo };
  }

  async #deliver(incoming: Incoming): Promise<void> {
    if (!this.#receive) throw new Error('the platform has not been started');
    await this.#receive(incoming);
  }

  #newId(): string {
    this.#ids += 3n;
    return String(this.#ids);
  }
}

export function buttonsOf(card: Card): readonly Button[] {
  return card.rows.flat();
}

/** Everything a card says. */
export function wordsOf({ title, lines, block = [] }: Card): string {
  return [title, ...lines, ...block].join('\n');
}
