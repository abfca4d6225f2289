import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture } from '../support/room/room.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('links on %s', (platform) => {
  let chat: AnyChat;
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    chat = await openAnyChat(platform);
  });
  afterAll(async () => {
    await chat[Symbol.asyncDispose]();
    server.close();
  });

  test('lead to messages and to nothing else: no address is ever fetched, within or without', async () => {
    const { bo, answer, edited, newest } = await chat.enter();
    const first = await edited(bo);
    const { id } = await newest();
    const { port } = server.address() as AddressInfo;
    const links = [
      ...[`http://127.0.0.1:${port}/a.png`, `http://localhost:${port}/a.png`, `http://[::1]:${port}/a.png`],
      ...[`http://[::ffff:127.0.0.1]:${port}/a.png`, 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd'],
      ...[`https://discord.com@127.0.0.1:${port}/channels/1/2/3`, 'https://discord.com/channels/1/2/3/../../4'],
    ];
    for (const link of links) {
      await answer(() => bo.command('edit', { prompt: 'a hat', link }), /^⚠/);
      await answer(() => bo.reply(first, `a hat ${link}`), /^#\d+ · /); // in a text it is no more than words
    }
    expect(asked).toBe(0);
    expect((await chat.storage.lineage.children(id)).length).toBe(links.length);
    await answer(() => bo.press(first, '🎲'), picture(links.length + 2));
  });
});
