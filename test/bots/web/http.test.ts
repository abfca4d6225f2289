import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/bots/core/index.ts';
import { webApp } from '../../../src/bots/web/app.ts';
import type { WireEvent, WireMessage } from '../../../src/bots/web/client/wire.ts';
import { Conversation } from '../../../src/bots/web/conversation.ts';
import { openJournal } from '../../../src/bots/web/journal.ts';
import { sessionsOf } from '../../../src/bots/web/sessions.ts';
import { openViews } from '../../../src/bots/web/views.ts';
import { openWeb } from '../../../src/bots/web/web.ts';
import { silentLog } from '../../../src/log.ts';
import { freePort } from '../../support/process.ts';
import { landscape } from './pictures.ts';
import { enter as enterBy, formOf, newKey, pngFile, Visitor } from './visitor.ts';
import { openWebChat, type WebChat } from './web-chat.ts';

let chat: WebChat;
let origin: string;
let token: string;
let picture: Uint8Array;

beforeAll(async () => {
  [chat, picture] = await Promise.all([openWebChat(await freePort()), landscape(96, 64)]);
  [origin, token] = chat.web.url.split('/#') as [string, string];
});
afterAll(() => chat?.[Symbol.asyncDispose]());

const enter = (): Promise<Visitor> => enterBy(chat.web.url);

const isResult =
  (words: string) =>
  ({ card }: WireMessage) =>
    card?.tone === 'done' && card.lines.includes(`"${words}"`);

/** The first events after `event`, as many as asked for. */
async function eventsAfter(visitor: Visitor, event: string, count: number): Promise<WireEvent[]> {
  const stop = new AbortController();
  const headers = { 'last-event-id': event };
  const { body } = await visitor.fetch('/api/events', { headers, signal: stop.signal });
  const events: WireEvent[] = [];
  let text = '';
  for await (const chunk of body!) {
    text += new TextDecoder().decode(chunk);
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data) events.push(JSON.parse(data) as WireEvent);
    }
    if (events.length >= count) break;
  }
  stop.abort();
  return events.slice(0, count);
}

/** A request whose Host header says what we want. */
async function statusAt(path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(origin);
  const asked = httpRequest({ hostname, port, path, headers }).end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return response.statusCode!;
}

describe('who may come in', () => {
  test('nobody without the token, or with a cookie of their own making', async () => {
    for (const path of ['/api/setup', '/api/conversation', '/api/events', `/blob/sha256-${'0'.repeat(64)}`, '/view/x'])
      expect((await fetch(origin + path)).status, path).toBe(401);
    const body = JSON.stringify({ token: `${token}x` });
    expect((await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body })).status).toBe(401);
    const visitor = await enter();
    const [name, id] = visitor.cookie.split(/[=.]/) as [string, string];
    const forged = new Visitor(
      origin,
      `${name}=${id.replace(/./, (c) => (c === '0' ? '1' : '0'))}.${visitor.cookie.split('.')[1]}`,
    );
    expect((await forged.fetch('/api/setup')).status).toBe(401);
    expect((await visitor.fetch('/api/setup')).status).toBe(200);
  });

  test('the cookie is out of reach of scripts and of other sites', async () => {
    const body = JSON.stringify({ token });
    const response = await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body });
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
  });

  test('who is known stays who they are', async () => {
    const visitor = await enter();
    const response = await visitor.fetch('/session', { method: 'POST', body: JSON.stringify({ token }) });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([204, null]);
  });

  test('no page of another site, under whatever name it finds us', async () => {
    const { host, port } = new URL(origin);
    expect(await statusAt('/', { host })).toBe(200);
    expect(await statusAt('/', { host: `localhost:${port}` })).toBe(200);
    expect(await statusAt('/', { host: `[::1]:${port}` })).toBe(200);
    expect(await statusAt('/', { host: `evil.example:${port}` })).toBe(403);
    expect(await statusAt('/', { host: `127.0.0.1.evil.example:${port}` })).toBe(403);
    const visitor = await enter();
    const press = (from: Record<string, string>) =>
      fetch(`${origin}/api/actions`, { method: 'POST', headers: { cookie: visitor.cookie, ...from }, body: '{}' });
    expect((await press({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await press({ origin: 'null' })).status).toBe(403);
    expect((await press({})).status).toBe(403);
    expect((await press({ origin })).status).toBe(400);
  });

  test('the token lies in a file only its owner can read', async () => {
    expect((await stat(join(chat.dataDir, 'web/token'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(chat.dataDir, 'web/main.jsonl'))).mode & 0o777).toBe(0o600);
  });
});

describe('the page', () => {
  test('may load nothing from elsewhere, and tells nobody where it is', async () => {
    const { headers } = await fetch(`${origin}/`);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('is not sent again when it has not changed', async () => {
    const first = await fetch(`${origin}/client/main.js`);
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const headers = { 'if-none-match': first.headers.get('etag')! };
    expect((await fetch(`${origin}/client/main.js`, { headers })).status).toBe(304);
  });

  test.each(['/client/..%2f..%2fmain.js', '/client/nothing.js', '/client/main.ts', '/etc/passwd'])(
    'has nothing at %s',
    async (path) => expect((await fetch(origin + path)).status).toBe(404),
  );
});

describe('what is sent', () => {
  test('becomes an edit, once, however often it is sent', async () => {
    const ann = await enter();
    const [key, image] = [newKey(), pngFile(picture)];
    await Promise.all([1, 2, 3].map(() => ann.say('a red hat', { key, image })));
    await ann.find(isResult('a red hat'));
    await ann.say('a red hat', { key, image });
    const { messages } = await ann.conversation();
    expect(messages.filter(isResult('a red hat'))).toHaveLength(1);
    expect(messages.filter(({ said }) => said?.text === 'a red hat')).toHaveLength(1);
  });

  test('is refused in words when a file is too big, and flatly when a message is far too big', async () => {
    const ann = await enter();
    const big = (megabytes: number) => pngFile(new Uint8Array(megabytes * 1024 * 1024));
    const { told } = await ann.say('a hat', { image: big(26) });
    expect(told[0]!.lines.join(' ')).toContain('It has 26.0 MB; I can take 25.0 MB.');
    const form = formOf({ text: 'a hat', image: big(60) });
    expect((await ann.fetch('/api/messages', { method: 'POST', body: form })).status).toBe(413);
  });

  test.each(['{"key":', '[]', '"text"', '{"key":"short"}', '{"key":{"toString":1}}'])(
    'is no request of our page: %s',
    async (body) => {
      const ann = await enter();
      expect((await ann.fetch('/api/actions', { method: 'POST', body })).status).toBe(400);
      expect((await ann.fetch('/api/messages', { method: 'POST', body })).status).toBe(400);
    },
  );

  test('with a forged button says that it is too old, or gone', async () => {
    const ann = await enter();
    for (const code of ['', 'w1|xx|0123456789|', 'w0|ag|0123456789|', '1:ag:0123456789:', 'w1|ag|../../etc/|'])
      expect((await ann.press(code)).told[0]!.title, code).toContain('That button is too old');
    expect((await ann.press('w1|ag|0123456789|')).told[0]!.title).toContain('That is gone');
  });

  test('says whether what was pressed became something else where it stands', async () => {
    const ann = await enter();
    await ann.say('a tall hat', { image: pngFile(picture) });
    const result = await ann.find(isResult('a tall hat'));
    const pressed = async ({ id, card }: WireMessage, action: string) =>
      (await ann.press(card!.rows.flat().find((one) => one.action === action)!.code, id)).inPlace;
    expect(await pressed(result, 'cp')).toBe(false);
    await ann.say('/history');
    const history = await ann.find(({ card }) => card?.title.startsWith('History') ?? false);
    expect(await pressed(history, 'hs')).toBe(true);
  });

  test('carries the chosen parameters and the name of who sent it', async () => {
    const ann = await enter();
    const settings = JSON.stringify({ strength: '0.35', sampler: 'DPM++ 2M', negative: 'say "cheese"' });
    await ann.say('a green hat', { image: pngFile(picture), settings, name: 'Ann-Sophie' });
    const { card } = await ann.find(isResult('a green hat'));
    expect(card!.title).toContain('@Ann-Sophie');
    expect(card!.lines.join('\n')).toMatch(/strength 0\.35.*DPM\+\+ 2M/s);
    const { menu } = await ann.press(card!.rows.flat().find(({ action }) => action === 'mx')!.code);
    await ann.press(menu!.rows.flat().find(({ action }) => action === 'st')!.code);
    const told = await ann.find(({ onlyYou }) => onlyYou);
    expect(told.card!.lines.join('\n')).toContain('Negative prompt: say "cheese"');
  });

  test('as a command is one', async () => {
    const ann = await enter();
    await ann.say('/help region');
    const told = await ann.find(({ onlyYou }) => onlyYou);
    expect(told.card!.title).toBe('Repainting a part');
    expect(told.card!.images).toMatchObject([
      { src: expect.stringMatching(/^data:image\/jpeg;base64,/), name: 'help_region.jpg', paintable: false },
    ]);
  });
});

describe('what is told to one person', () => {
  test('is seen and dismissed by nobody else', async () => {
    const [ann, bo] = await Promise.all([enter(), enter()]);
    await ann.say('/queue');
    const told = await ann.find(({ onlyYou }) => onlyYou);
    const { event } = await bo.conversation();
    const isKnown = async (visitor: Visitor) =>
      (await visitor.conversation()).messages.some(({ id }) => id === told.id);
    expect(await isKnown(bo)).toBe(false);
    await bo.fetch(`/api/messages/${told.id}`, { method: 'DELETE' });
    expect(await isKnown(ann)).toBe(true);
    await ann.fetch(`/api/messages/${told.id}`, { method: 'DELETE' });
    expect(await isKnown(ann)).toBe(false);
    const [next] = await Promise.all([eventsAfter(bo, event, 1), bo.say('/cancel')]);
    expect(next[0]).toMatchObject({ kind: 'posted', message: { said: { text: '/cancel' } } });
  });

  test('leaves what everybody sees alone', async () => {
    const ann = await enter();
    await ann.say('/cancel nothing');
    const { id } = await ann.find(({ said }) => said?.text === '/cancel nothing');
    await ann.fetch(`/api/messages/${id}`, { method: 'DELETE' });
    expect((await ann.conversation()).messages.some((message) => message.id === id)).toBe(true);
  });
});

describe('what changes', () => {
  test('is told from where a page left off', async () => {
    const ann = await enter();
    await ann.calm();
    const { event } = await ann.conversation();
    await ann.say('a blue hat', { image: pngFile(picture) });
    await ann.find(isResult('a blue hat'));
    await ann.calm();
    const result = {
      kind: 'posted',
      message: expect.objectContaining({ card: expect.objectContaining({ tone: 'done' }) }),
    };
    const wanted = [expect.objectContaining({ kind: 'posted' }), result, expect.objectContaining({ kind: 'removed' })];
    await expect.poll(() => eventsAfter(ann, event, 3), { timeout: 10_000 }).toEqual(wanted); // a card may come, and go, after its result
  });

  test('is to be loaded anew when too much was missed, or in another run', async () => {
    const ann = await enter();
    for (const event of ['', '0123456789ab-3', 'nonsense'])
      expect(await eventsAfter(ann, event, 1)).toEqual([{ kind: 'reset' }]);
  });

  test('is there after a restart, for a cookie from before, with buttons that work', async () => {
    const ann = await enter();
    await ann.say('a striped hat', { image: pngFile(picture) });
    const before = await ann.find(isResult('a striped hat'));
    const { event } = await ann.conversation();
    await chat.restart();
    expect(await eventsAfter(ann, event, 1)).toEqual([{ kind: 'reset' }]);
    const after = (await ann.conversation()).messages.find(({ id }) => id === before.id)!;
    expect(after).toEqual(before);
    await ann.press(after.card!.rows.flat()[0]!.code, after.id);
    const again = await ann.find((message) => isResult('a striped hat')(message) && message.id !== before.id);
    expect(again.replyTo).toBe(before.id);
  });

  test('is shown a page at a time', async () => {
    const ann = await enter();
    for (let i = 0; i < 65; i += 1) await ann.say(`/cancel ${i}`);
    const last = await ann.conversation();
    expect([last.messages.length, last.earlier]).toEqual([60, true]);
    const before = await ann.conversation(`?before=${last.messages[0]!.id}`);
    const said = [...before.messages, ...last.messages].flatMap((message) => message.said?.text ?? []);
    expect(said.filter((text) => /^\/cancel \d/.test(text))).toEqual(
      Array.from({ length: 65 }, (_, i) => `/cancel ${i}`),
    );
  });
});

describe('pictures', () => {
  test('come as what they are, for ever, under a name of ours', async () => {
    const ann = await enter();
    await ann.say('a tall hat', { image: pngFile(picture), 'image-view': pngFile(picture, 'view') });
    const { card } = await ann.find(isResult('a tall hat'));
    const { src } = card!.images[0]!;
    const response = await ann.fetch(src);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('content-disposition')).toMatch(/^inline; filename="palimpsest_[0-9a-z]{10}\.png"$/);
    expect(response.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    const named = await ann.fetch(`${src.split('?')[0]}?name=${encodeURIComponent('"\r\nx: y/../a.svg')}`);
    expect(named.headers.get('content-disposition')).toBe('inline; filename="picture.png"');
    const { said } = await ann.find((message) => message.said?.text === 'a tall hat');
    expect(Buffer.from(await (await ann.fetch(said!.files[0]!.src!)).arrayBuffer()).equals(picture)).toBe(true);
  });

  test('are kept once, however many bring the same at once', async () => {
    const views = await openViews(join(chat.dataDir, 'views-at-once'));
    const names = await Promise.all(Array.from({ length: 8 }, () => views.put(picture)));
    expect(new Set(names).size).toBe(1);
    expect(await readdir(join(chat.dataDir, 'views-at-once'))).toEqual([names[0]]);
  });

  test('are nothing else: no page, no script, no file of this machine', async () => {
    const ann = await enter();
    const svg = new File(['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'], 'x.svg');
    await ann.say('a hat', { image: pngFile(picture), 'image-view': svg });
    const { said } = await ann.find((message) => message.said?.text === 'a hat');
    expect(said!.files[0]!.src).toBeNull();
    expect((await ann.fetch(`/blob/sha256-${'0'.repeat(64)}`)).status).toBe(404);
    expect((await ann.fetch('/blob/..%2f..%2fweb%2ftoken')).status).toBe(400);
    expect((await ann.fetch('/view/..%2ftoken')).status).toBe(404);
  });
});

describe('the server', () => {
  test('says that it lives, and shows its numbers to this machine', async () => {
    expect(await (await fetch(`${origin}/health`)).json()).toEqual({ status: 'ok' });
    const metrics = await fetch(`${origin}/metrics`);
    expect([metrics.headers.get('content-type'), await metrics.text()]).toEqual([
      'text/plain; version=0.0.4',
      'palimpsest_waiting_jobs 0\n',
    ]);
  });

  test('shows its numbers to other machines only with the token', async () => {
    const conversation = new Conversation(await openJournal(join(chat.dataDir, 'other.jsonl'), silentLog), Date.now);
    const views = await openViews(join(chat.dataDir, 'other-views'));
    const parts = {
      conversation,
      views,
      sessions: sessionsOf(token),
      blobs: chat.storage.blobs,
      log: silentLog,
    };
    const metrics = async () => ({ contentType: 'text/plain', text: 'numbers' });
    const about = {
      host: '0.0.0.0',
      cookie: 'palimpsest',
      clock: systemClock,
      receive: () => undefined,
      metrics,
      hooks: {},
    };
    const app = webApp({ ...parts, ...about });
    const ask = (from: string, headers: Record<string, string> = {}) =>
      app.request(
        '/metrics',
        { headers: { host: '10.0.0.1:8080', ...headers } },
        { incoming: { socket: { remoteAddress: from } } },
      );
    expect((await ask('::ffff:127.0.0.1')).status).toBe(200);
    expect((await ask('10.0.0.2')).status).toBe(404);
    expect((await ask('10.0.0.2', { authorization: 'Bearer x' })).status).toBe(404);
    expect(await (await ask('10.0.0.2', { authorization: `Bearer ${token}` })).text()).toBe('numbers');
    expect((await app.request('/health', { headers: { host: 'localhost' } })).status).toBe(503);
    await conversation[Symbol.asyncDispose]();
  });

  test('says what is wrong when its port is taken', async () => {
    const port = Number(new URL(origin).port);
    const options = {
      host: '127.0.0.1',
      port,
      dataDir: chat.dataDir,
      blobs: chat.storage.blobs,
      log: silentLog,
    };
    await expect(openWeb(options)).rejects.toThrow(`port ${port} is in use`);
  });
});
