import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPublic, type LinkOptions, openLinks } from '../../src/bots/core/links.ts';
import { solidPng } from '../support/jobs.ts';
import { picture } from '../support/room/room.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

const host = 'cdn.discordapp.com';
/** Stands for a host of the internet. */
const outside = '8.8.8.8';
/** Addresses and hosts that were asked, in order. */
let dialled: string[] = [];
let black: Buffer;
const server = createServer(({ url = '' }, response) => {
  const path = url.split('?')[0]!;
  const to = /^\/to\/(.*)$/.exec(path)?.[1];
  if (to !== undefined) response.writeHead(302, { location: decodeURIComponent(to) }).end();
  else if (path === '/endless') response.writeHead(200).write(Buffer.alloc(400_000));
  else if (path.endsWith('.png')) response.end(black);
  else response.writeHead(404).end();
});
const port = () => (server.address() as AddressInfo).port;
/** Everything is on one machine in tests: what would go out goes there. */
const links: LinkOptions = {
  resolve: async (name) => (name === 'inside.example' ? ['93.184.216.34', '10.0.0.1'] : [outside]),
  dial: (url, address, signal) => {
    dialled.push(`${address} ${url.hostname}`);
    return new Promise<IncomingMessage>((resolve, reject) => {
      get(`http://127.0.0.1:${port()}${url.pathname}${url.search}`, { signal, agent: false }, resolve).on(
        'error',
        reject,
      );
    });
  },
};
beforeAll(async () => {
  black = await solidPng(64, 64, '#000000');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

describe('a linked file', () => {
  const known = openLinks({ hosts: ['inside.example'], ...links });
  const fetched = async (link: string, limit = 1_000_000) => {
    dialled = [];
    return known.file(link, limit, 1_800_000_000_000).download(AbortSignal.timeout(5000));
  };
  const to = (address: string) => `https://${host}/to/${encodeURIComponent(address)}`;

  test('is fetched from known hosts alone, over TLS alone, however often it is sent on', async () => {
    expect(Buffer.from(await fetched(`https://${host}/a.png?ex=7fffffff`)).equals(black)).toBe(true);
    expect(dialled).toEqual([`${outside} ${host}`]);
    await fetched(to(`https://media.discordapp.net/b.png`));
    expect(dialled).toEqual([`${outside} ${host}`, `${outside} media.discordapp.net`]);
    const refused = [
      ...[
        `http://${host}/a.png`,
        `https://${host}:8443/a.png`,
        `https://a@${host}/a.png`,
        `https://${host}.evil.example/a`,
      ],
      ...[
        'https://127.0.0.1/a.png',
        'https://[::1]/a.png',
        'https://2130706433/a.png',
        'file:///etc/passwd',
        'nonsense',
      ],
      ...[
        'https://inside.example/a.png',
        to('http://127.0.0.1/a.png'),
        to('https://169.254.169.254/a'),
        to('//evil.example'),
      ],
    ];
    for (const link of refused) await expect(fetched(link), link).rejects.toMatchObject({ code: 'link-not-followed' });
    const loop = Array.from({ length: 4 }).reduce<string>((link) => to(link), `https://${host}/a.png`);
    await expect(fetched(loop)).rejects.toMatchObject({ code: 'download-failed', details: { host } });
    expect(dialled).toHaveLength(4);
  });

  test('that is given out no more, or has no end, is told so', async () => {
    await expect(fetched(`https://${host}/a.png?ex=6553f100`)).rejects.toMatchObject({ code: 'link-expired' });
    expect(dialled).toEqual([]);
    await expect(fetched(`https://${host}/gone`)).rejects.toMatchObject({ code: 'link-expired' });
    await expect(fetched(`https://${host}/endless`, 300_000)).rejects.toMatchObject({ code: 'file-too-big' });
  });

  test('is on none of the addresses that lead inward', () => {
    const inward = [
      ...[
        '0.0.0.0',
        '10.1.2.3',
        '100.64.0.1',
        '127.0.0.1',
        '169.254.169.254',
        '172.16.0.1',
        '192.168.1.1',
        '198.18.0.1',
      ],
      ...[
        '224.0.0.1',
        '255.255.255.255',
        '::',
        '::1',
        '::ffff:127.0.0.1',
        '::ffff:8.8.8.8',
        '64:ff9b::7f00:1',
        'fe80::1',
      ],
      ...['fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::', '::127.0.0.1', '', 'localhost'],
    ];
    expect(inward.filter(isPublic)).toEqual([]);
    expect([outside, '162.159.133.233', '2606:4700::1', '2a00:1450::1'].filter((one) => !isPublic(one))).toEqual([]);
  });
});

describe.each(platforms)('links on %s', (platform) => {
  let chat: AnyChat;
  beforeAll(async () => {
    chat = await openAnyChat(platform, { links });
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('lead to messages and to nothing else that was not offered', async () => {
    const { bo, answer, edited, newest } = await chat.enter();
    const first = await edited(bo);
    const { id } = await newest();
    const bad = [
      ...[`http://127.0.0.1:${port()}/a.png`, `http://localhost:${port()}/a.png`, `http://[::1]:${port()}/a.png`],
      ...[
        `http://[::ffff:127.0.0.1]:${port()}/a.png`,
        'http://169.254.169.254/latest/meta-data/',
        'file:///etc/passwd',
      ],
      ...[`https://discord.com@127.0.0.1:${port()}/channels/1/2/3`, 'https://discord.com/channels/1/2/3/../../4'],
    ];
    dialled = [];
    for (const link of bad) {
      await answer(() => bo.command('edit', { prompt: 'a hat', link }), /^⚠/);
      await answer(() => bo.reply(first, `a hat ${link}`), /^#\d+ · /); // in a text it is no more than words
    }
    expect(dialled).toEqual([]);
    expect((await chat.storage.lineage.children(id, 99)).length).toBe(bad.length);
    await answer(() => bo.press(first, '🎲'), picture(bad.length + 2));
  });

  test.runIf(platform === 'discord')('to a file bring its picture, hidden as it was', async () => {
    const { bo, answer } = await chat.enter();
    const old = `https://${host}/attachments/1/2/a.png?ex=6553f100&is=6553f000&hm=${'0'.repeat(64)}&`;
    await answer(() => bo.command('edit', { prompt: 'a hat', link: old }), /⚠ That link leads to no file any more/);
    const link = `<https://${host}/attachments/1/2/SPOILER_a.png?ex=7fffffff&is=6553f000&hm=${'0'.repeat(64)}&>`;
    const made = await answer(() => bo.command('edit', { prompt: 'a hat', link }), picture(1));
    expect(made.pictures[0]?.spoiler).toBe(true);
  });
});
