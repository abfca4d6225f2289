import { setTimeout as delay } from 'node:timers/promises';
import type { Recorder } from './recorder.ts';

/** What the story needs to know of a message; platforms know more of theirs. */
export interface Message {
  readonly id: string | number;
  readonly text: string;
  readonly byBot: boolean;
}

/** What somebody says with a command, by option names; `prompt` is what is said without a name where people type. */
export type Values = Readonly<Record<string, string | number>>;

/** What goes along with a command. */
export interface Along<M> {
  readonly picture?: Buffer;
  /** The message it is about. */
  readonly about?: M;
}

/** Somebody in the room, with a client in their hands. */
export interface Person<M extends Message> {
  readonly name: string;
  command(name: string, values?: Values, along?: Along<M>): unknown;
  reply(to: M, words: string): unknown;
  /** Draws on the picture of a message, and sends the copy back as a reply to it. */
  draw(on: M, svg: string, words: string): unknown;
  /** Presses a button by its words or its emoji. */
  press(on: M, button: string): unknown;
  /** Presses a button that asks something, and answers it. */
  fill(on: M, button: string, values: Values): Promise<unknown>;
}

/** A room where three people talk with the bot; the first of them looks after it. */
export interface Room<M extends Message> extends Recorder {
  readonly people: readonly [Person<M>, Person<M>, Person<M>];
  /** Everything that can be seen by anybody, oldest first. */
  messages(): readonly M[];
  /** Differs when a message looks different. */
  looks(message: M): string;
  /** Opens what stands behind "⋯" of a message. @returns the message with those buttons */
  more(person: Person<M>, on: M): Promise<M>;
}

const PATIENCE_MS = 120_000;

/** Waits for what the bot says that matches, anew or in place of something else. @throws Error when it says nothing like that */
export async function answered<M extends Message>(
  { messages, looks }: Pick<Room<M>, 'messages' | 'looks'>,
  act: () => unknown,
  wanted = /./u,
): Promise<M> {
  const before = new Map(messages().map((message) => [message.id, looks(message)]));
  await act();
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(20)) {
    const isNew = (message: M) => message.byBot && before.get(message.id) !== looks(message);
    const found = messages().findLast((message) => isNew(message) && wanted.test(message.text));
    if (found) return found;
  }
  throw new Error(`nothing like ${wanted} was said`);
}
