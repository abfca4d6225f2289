import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import type { BlobStore } from '../../edit/blob.ts';
import { toBlobRef } from '../../edit/blob.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Clock } from '../core/clock.ts';
import type { WireConversation } from './client/wire.ts';
import { guarded, isLoopback } from './guard.ts';
import { type Hearing, hearPressed, hearSaid } from './hearing.ts';
import { isFor } from './message.ts';
import { assetAt } from './page.ts';
import { wireMessage, wireSetup } from './render.ts';
import { pressRequest, sayRequest } from './requests.ts';
import type { Sessions } from './sessions.ts';
import { changeStream } from './stream.ts';
import { fileType } from './views.ts';

/** Bytes of one file that is sent. */
const fileLimit = 25 * 1024 * 1024;
/** Bytes of a whole message: a picture, a mask, their copies, and words. */
const messageLimit = 2 * fileLimit + 4 * 1024 * 1024;
const pressLimit = 256 * 1024;
/** Messages shown at first, and each time older ones are asked for. */
const pageSize = 60;
const yearSeconds = 365 * 24 * 3600;

/** What Prometheus reads. */
export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

export interface WebDesk extends Omit<Hearing, 'receive'> {
  /** Undefined until the platform has been started. */
  readonly receive: () => Hearing['receive'] | undefined;
  readonly sessions: Sessions;
  readonly blobs: Pick<BlobStore, 'get' | 'put'>;
  /** The host we were told to listen on. */
  readonly host: string;
  /** Cookies of one host are shared by all its ports: ours carry ours. */
  readonly cookie: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: (() => Promise<MetricsPage>) | undefined;
  readonly hooks: Hooks;
}

/** What other servers bring to an address of ours; each checks for itself who it comes from. */
export type Hooks = Readonly<Record<string, (request: Request) => Promise<Response>>>;

interface Env {
  Bindings: HttpBindings;
  Variables: { user: UserId };
}

const unchanging = 'private, max-age=31536000, immutable';

/** Everything the web chat answers. */
export function webApp(desk: WebDesk): Hono<Env> {
  const app = new Hono<Env>();
  for (const [path, take] of Object.entries(desk.hooks)) app.post(path, (c) => take(c.req.raw)); // by any name of this machine
  app.use(guarded(desk.host));
  app.get('/health', (c) => (desk.receive() ? c.json({ status: 'ok' }) : c.json({ status: 'starting' }, 503)));
  app.get('/metrics', (c) => showMetrics(desk, c));
  app.post('/session', bodyLimit({ maxSize: 1024 }), (c) => beginSession(desk, c));
  for (const path of ['/api/*', '/blob/*', '/view/*']) app.use(path, identified(desk));
  conversationRoutes(app, desk);
  pictureRoutes(app, desk);
  app.get('*', async (c) => {
    const found = await assetAt(c.req.path);
    if (!found) return c.notFound();
    c.header('Cache-Control', 'no-cache');
    c.header('ETag', found.etag);
    if (c.req.header('if-none-match') === found.etag) return c.body(null, 304);
    return c.body(found.body, 200, { 'Content-Type': found.type });
  });
  app.onError((error, c) => {
    if (error instanceof RangeError) return c.json({ error: error.message }, 400);
    desk.log.error({ error, path: c.req.path }, 'a request to the web chat failed');
    return c.json({ error: 'internal' }, 500);
  });
  return app;
}

async function showMetrics({ metrics, sessions }: WebDesk, c: Context<Env>) {
  const isKnown = sessions.admits((c.req.header('authorization') ?? '').replace(/^Bearer /, ''));
  if (!metrics || !(isLoopback(c.env) || isKnown)) return c.notFound();
  const { contentType, text } = await metrics();
  return c.body(text, 200, { 'Content-Type': contentType });
}

async function beginSession({ sessions, cookie }: WebDesk, c: Context<Env>) {
  if (sessions.person(getCookie(c, cookie) ?? '')) return c.body(null, 204);
  const { token } = await c.req.json<{ token?: unknown }>().catch(() => ({ token: undefined }));
  if (typeof token !== 'string' || !sessions.admits(token)) return c.json({ error: 'the link is needed' }, 401);
  setCookie(c, cookie, sessions.begin(), { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: yearSeconds });
  return c.body(null, 204);
}

function identified({ sessions, cookie }: WebDesk): MiddlewareHandler<Env> {
  return async (c, next) => {
    const user = sessions.person(getCookie(c, cookie) ?? '');
    if (!user) return c.json({ error: 'the link is needed' }, 401);
    c.set('user', user);
    c.header('Cache-Control', 'no-store');
    return next();
  };
}

function hearingOf(desk: WebDesk): Hearing | undefined {
  const receive = desk.receive();
  return receive && { conversation: desk.conversation, views: desk.views, blobs: desk.blobs, receive };
}

const tooLarge = (c: Context) => c.json({ error: 'too large' }, 413);

function conversationRoutes(app: Hono<Env>, desk: WebDesk): void {
  const { conversation, clock } = desk;
  app.get('/api/setup', (c) => c.json(wireSetup(c.get('user'), fileLimit)));
  app.get('/api/conversation', (c) => {
    const event = conversation.feed.event;
    const { messages, earlier } = conversation.page(c.get('user'), c.req.query('before') ?? null, pageSize);
    return c.json<WireConversation>({ messages: messages.map(wireMessage), earlier, event });
  });
  app.get('/api/events', (c) => {
    const event = c.req.header('last-event-id') ?? c.req.query('after') ?? '';
    const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
    return c.body(changeStream(conversation, c.get('user'), event, clock), 200, headers);
  });
  app.post('/api/messages', bodyLimit({ maxSize: messageLimit, onError: tooLarge }), async (c) => {
    const hearing = hearingOf(desk);
    if (!hearing) return c.json({ error: 'starting' }, 503);
    const form = await c.req.formData().catch((cause: unknown) => {
      throw new RangeError('not a form', { cause });
    });
    return c.json(await hearSaid(hearing, sayRequest(form, c.get('user'))));
  });
  app.post('/api/actions', bodyLimit({ maxSize: pressLimit, onError: tooLarge }), async (c) => {
    const hearing = hearingOf(desk);
    if (!hearing) return c.json({ error: 'starting' }, 503);
    const body: unknown = await c.req.json().catch(() => null);
    return c.json(await hearPressed(hearing, pressRequest(body, c.get('user'))));
  });
  app.delete('/api/messages/:id', async (c) => {
    const message = conversation.find(c.req.param('id'));
    if (message && message.to !== null && isFor(message, c.get('user'))) await conversation.remove(message.id);
    return c.body(null, 204);
  });
}

/** `palimpsest_0123456789.png`, with the ending of what it really is. */
function fileName(wanted: string | undefined, type: string): string {
  const name = /^[\w-]{1,60}/.exec(wanted ?? '')?.[0] ?? 'picture';
  return `${name}.${type.slice(type.indexOf('/') + 1).replace('jpeg', 'jpg')}`;
}

/** Pictures are shown, archives saved; nothing else is handed out. */
function showFile(c: Context<Env>, bytes: Uint8Array | undefined) {
  const type = bytes && fileType(bytes);
  if (!type) return c.notFound();
  const way = type.startsWith('image/') ? 'inline' : 'attachment';
  return c.body(Uint8Array.from(bytes), 200, {
    'Content-Type': type,
    'Content-Disposition': `${way}; filename="${fileName(c.req.query('name'), type)}"`,
    'Cache-Control': unchanging,
  });
}

function pictureRoutes(app: Hono<Env>, { blobs, views }: WebDesk): void {
  app.get('/blob/:ref', async (c) => {
    const ref = toBlobRef(c.req.param('ref'));
    const bytes = await blobs.get(ref).catch((error: unknown) => {
      if (error instanceof Refusal) return undefined;
      throw error;
    });
    return showFile(c, bytes);
  });
  app.get('/view/:name', async (c) => showFile(c, await views.get(c.req.param('name'))));
}
