import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { BlobStore } from '../../edit/blob.ts';
import type { PlaceId } from '../../edit/lineage.ts';
import type { Log } from '../../log.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Capabilities, DeliveryError, type Incoming, type Platform } from '../core/platform.ts';
import { type Hooks, type MetricsPage, webApp } from './app.ts';
import { Conversation } from './conversation.ts';
import { webPlace } from './hearing.ts';
import { openJournal } from './journal.ts';
import { checkClient } from './page.ts';
import { openSessions } from './sessions.ts';
import { openViews } from './views.ts';

const capabilities: Capabilities = {
  maxUpload: Number.MAX_SAFE_INTEGER,
  maxText: 20_000,
  buttonsPerRow: 8,
  rows: 6,
  selectMenus: true,
  menus: 'beside',
  forms: true,
  painting: true,
  pairs: 'first',
  ephemeral: true,
  resultsInPlace: false,
  hidesFiles: true,
  editIntervalMs: { private: 300, room: 300 },
  previewIntervalMs: { private: 1000, room: 1000 },
};

export interface WebOptions {
  /** Address to listen on; `127.0.0.1` unless other machines are to reach it. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Conversation, token and copies of what people sent lie in its folder `web`. */
  readonly dataDir: string;
  readonly blobs: Pick<BlobStore, 'get' | 'put'>;
  readonly log: Log;
  readonly clock?: Clock;
  /** Shown at `/metrics` to this machine, and to whoever has the token. */
  readonly metrics?: () => Promise<MetricsPage>;
  /** By path: what other servers bring, `/telegram`. */
  readonly hooks?: Hooks;
}

/** The chat in the browser. */
export interface WebPlatform extends Platform {
  /** The address that lets people in: `http://127.0.0.1:8080/#token`. Never logged. */
  readonly url: string;
}

async function listen(server: Server, { host, port }: Pick<WebOptions, 'host' | 'port'>): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'EADDRINUSE' ? `port ${port} is in use: stop what uses it, or choose another` : cause.message;
    throw new Error(`the web chat cannot listen on ${host}: ${why}`, { cause });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}

/** Requests that are being answered have this long to come to their end, ms. */
const GRACE_MS = 1000;

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(timer);
}

/** How people on this machine reach a server on `host`. */
function addressOf(host: string, port: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const name = isEverywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** What a disk says when it cannot write now counts as "later". */
async function kept<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new DeliveryError('retry', null, { cause });
  });
}

function checkPlace(place: PlaceId): void {
  if (place !== webPlace) throw new DeliveryError('unreachable', null);
}

/**
 * The web chat: listens at once, hears people from `start` on.
 * @throws Error when the port is taken or the page was never built
 */
export async function openWeb(options: WebOptions): Promise<WebPlatform> {
  const { host, dataDir, blobs, log, clock = systemClock, metrics, hooks = {} } = options;
  await checkClient();
  const sessions = await openSessions(dataDir);
  const views = await openViews(join(dataDir, 'web', 'views'));
  const journal = await openJournal(join(dataDir, 'web', 'main.jsonl'), log);
  const conversation = new Conversation(journal, () => clock.now());
  let receive: ((incoming: Incoming) => Promise<void>) | undefined;
  const desk = { conversation, views, sessions, blobs, host, clock, log, metrics, hooks, receive: () => receive };
  const app = webApp({ ...desk, cookie: `palimpsest_${options.port}` });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const port = await listen(server, options).catch(async (error: unknown) => {
    await conversation[Symbol.asyncDispose]();
    throw error;
  });
  return {
    name: 'web',
    capabilities,
    url: `${addressOf(host, port)}/#${sessions.token}`,
    async start(hear) {
      receive = hear;
    },
    async send(place, card, { replyTo, nonce }) {
      checkPlace(place);
      return [await kept(conversation.post({ to: null, replyTo, nonce, said: null, card }))];
    },
    async edit(place, message, card) {
      checkPlace(place);
      if (!(await kept(conversation.change(message, card)))) throw new DeliveryError('gone', null);
    },
    async remove(place, message) {
      checkPlace(place);
      await kept(conversation.remove(message));
    },
    async directPlace() {
      return null;
    },
    async [Symbol.asyncDispose]() {
      receive = undefined;
      conversation.feed[Symbol.dispose]();
      await close(server);
      await conversation[Symbol.asyncDispose]();
    },
  };
}
