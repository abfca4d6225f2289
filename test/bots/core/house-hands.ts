import type { UserId } from '../../../src/edit/request.ts';
import { solidPng } from '../../support/jobs.ts';
import type { TestChat } from '../../support/test-chat.ts';
import { ann, room } from '../../support/test-platform.ts';

/** Somebody who manages the place. */
export const admin = { ...ann, id: 'discord:900719925474099309' as UserId, name: 'Ada', moderator: true };

/** An edit of a picture that is sent along. */
export async function ask(chat: TestChat, user = ann, prompt = 'a red hat', options = {}) {
  const image = await solidPng(64, 64);
  await chat.platform.command(user, 'edit', { prompt, ...options }, { files: [image] });
}

/** A command as it is typed, without its slash. */
export function command(chat: TestChat, user: typeof ann, text: string) {
  const [name = '', ...rest] = text.split(' ');
  return chat.platform.command(user, name, {}, { text: rest.join(' ') });
}

/** The picture made last in the room. */
export const newestNode = async (chat: TestChat) => (await chat.storage.lineage.newest(room, new Date(0)))!;
