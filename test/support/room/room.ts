import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export interface RoomPicture {
  readonly name: string;
  readonly bytes: Buffer;
  /** Hidden until touched. */
  readonly spoiler: boolean;
}

/** A message as people read it, whatever the platform. */
export interface RoomMessage {
  readonly id: string;
  /** Without marks of bold text and the like. */
  readonly text: string;
  readonly byBot: boolean;
  /** Whom alone it is shown to; null for everybody. */
  readonly onlyFor: string | null;
  /** Emoji and words, as on the screen; what cannot be pressed left out. */
  readonly buttons: readonly string[];
  readonly pictures: readonly RoomPicture[];
}

/** What somebody says with a command, by option names; `prompt` is what is said without a name where people type. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/** What goes along with a command. */
export interface Along {
  readonly picture?: Uint8Array;
  readonly mask?: Uint8Array;
  /** The picture is hidden until touched. */
  readonly spoiler?: boolean;
  /** The message it is about. */
  readonly about?: RoomMessage;
}

/** Somebody in the room, with a client in their hands. */
export interface Person {
  readonly name: string;
  /** By what others name them in a command. */
  readonly handle: string;
  /** The platform's id. */
  readonly id: string;
  command(name: string, values?: Values, along?: Along): Promise<void>;
  reply(to: RoomMessage, words: string): Promise<void>;
  /** Draws on the picture of a message, and sends the copy back as a reply to it. */
  draw(on: RoomMessage, svg: string, words: string): Promise<void>;
  /** Presses a button by its words or its emoji. */
  press(on: RoomMessage, button: string): Promise<void>;
  /** Opens what stands behind "⋯" of a message, and presses there. */
  pressFurther(on: RoomMessage, button: string): Promise<void>;
  /** Presses a button that asks something, and answers it. */
  fill(on: RoomMessage, button: string, values: Values): Promise<void>;
  /** As `fill`, of a button behind "⋯". */
  fillFurther(on: RoomMessage, button: string, values: Values): Promise<void>;
  /** Sends what no button they were shown says: an action, a target, an argument. */
  forge(on: RoomMessage, data: readonly [action: string, target: string, arg: string]): Promise<void>;
  /** What the bot wrote to them alone, oldest first. */
  privately(): readonly RoomMessage[];
}

/** A room where three people talk with the bot. */
export interface Room {
  /** Whether the first of them looks after it; elsewhere nobody does. */
  readonly isLookedAfter: boolean;
  readonly people: readonly [Person, Person, Person];
  /** Everything that can be seen by anybody, oldest first. */
  messages(): readonly RoomMessage[];
}

const PATIENCE_MS = 120_000;

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

/** Differs when a message looks different. */
const looks = ({ text, buttons, pictures }: RoomMessage) =>
  JSON.stringify([text, buttons, pictures.map(({ name, bytes }) => [name, sha1(bytes)])]);

/** Waits for what the bot says that matches, anew or in place of something else. @throws Error when it says nothing like that */
export async function answered(
  room: Pick<Room, 'messages'>,
  act: () => unknown,
  wanted: RegExp | ((message: RoomMessage) => boolean) = /./u,
  ms = PATIENCE_MS,
): Promise<RoomMessage> {
  const before = new Map(room.messages().map((message) => [message.id, looks(message)]));
  const isWanted = (message: RoomMessage) => (wanted instanceof RegExp ? wanted.test(message.text) : wanted(message));
  await act();
  for (const end = Date.now() + ms; Date.now() < end; await delay(20)) {
    const isNew = (message: RoomMessage) => message.byBot && before.get(message.id) !== looks(message);
    const found = room.messages().findLast((message) => isNew(message) && isWanted(message));
    if (found) return found;
  }
  const said = room.messages().map(({ text }) => text);
  throw new Error(`nothing like ${wanted} was said; there are:\n${said.join('\n---\n')}`);
}

/** A picture of that number, painted or shown again. */
export const picture = (number: number) => new RegExp(`^#${number} · `, 'u');
