import { BlockList, isIP } from 'node:net';

/** A reason that trying again will not change; its message is a sentence for people. */
export class GiveUp extends Error {
  override readonly name = 'GiveUp';
}

/** The server is busy. */
export class Later extends Error {
  override readonly name = 'Later';
  /** What it asks to wait. */
  readonly waitMs: number | null;
  constructor(message: string, waitMs: number | null) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** A server's answer, ready to be written down. */
export interface Download {
  /** Bytes from `start` on. */
  readonly body: AsyncIterable<Uint8Array>;
  /** 0 when the server begins anew. */
  readonly start: number;
  /** Bytes of the whole file, where the server says so. */
  readonly total: number | null;
  readonly version: string | null;
  /** The part was the whole file. */
  readonly isComplete: boolean;
}

const maxRedirects = 10;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Asks for a file from a byte on. Only `https:` is spoken to, and followed to; `http:` on this very machine is let through.
 * @throws GiveUp, Later; Error for a connection that broke
 */
export async function requestFile(
  url: string,
  part: { readonly bytes: number; readonly version: string | null },
  stallMs: number,
): Promise<Download> {
  const stall = stallSignal(stallMs);
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'palimpsest' };
  if (part.bytes > 0) headers.range = `bytes=${part.bytes}-`;
  if (part.bytes > 0 && part.version !== null) headers['if-range'] = part.version;
  const response = await following(url, headers, stall.signal);
  const tag = response.headers.get('etag');
  const version = tag !== null && !tag.startsWith('W/') ? tag : response.headers.get('last-modified');
  const answer = { version, body: none, start: 0, isComplete: false };
  if (response.status === 416) return await outOfRange(response, part.bytes, answer);
  refuseStatus(response);
  const start = response.status === 206 ? startOf(response, part.bytes) : 0;
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    await response.body?.cancel();
    throw new GiveUp(
      'the server answers with a web page in place of a file. Open the address in a browser to see what it wants.',
    );
  }
  return { ...answer, start, total: totalOf(response, start), body: stall.watched(response) };
}

const none: AsyncIterable<Uint8Array> = (async function* () {})();

async function following(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let at = addressOf(url);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await fetch(at, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = addressOf(location, at.href);
    if (at.protocol === 'https:' && next.protocol !== 'https:') {
      throw new GiveUp(`${at.host} sends us on to ${next.protocol}//${next.host}, which is not safe.`);
    }
    if (next.hostname !== at.hostname && isPrivate(next.hostname)) {
      throw new GiveUp(`${at.host} sends us on to ${next.host}, an address within this network, which is not safe.`);
    }
    at = next;
  }
  throw new GiveUp(`${at.host} sends us from address to address without an end.`);
}

/** Networks that only whoever types an address can mean. Source: IANA special-purpose address registries */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, prefix);
  privateNetworks.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv6');
}

function isPrivate(hostname: string): boolean {
  const plain = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(plain);
  if (version === 0) return /(^|\.)(localhost|local|internal)$/.test(plain);
  return privateNetworks.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

function addressOf(text: string, base?: string): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  if (!url) throw new GiveUp(`${text} is no address.`);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));
  if (!isSafe) throw new GiveUp(`${url.protocol}//${url.host} is not an https address, and nothing else is fetched.`);
  return url;
}

function refuseStatus({ status, headers, url }: Response): void {
  const host = new URL(url).host;
  if (status === 200 || status === 206) return;
  if (status === 404 || status === 410) throw new GiveUp(`${host} has no such file (${status}). Check the address.`);
  if (status === 401 || status === 403) {
    throw new GiveUp(
      `${host} does not give it to everybody (${status}). Fetch it in a browser where you are signed in.`,
    );
  }
  if (status !== 429 && status < 500) throw new GiveUp(`${host} answers ${status}, which is no file.`);
  const wait = Number(headers.get('retry-after') ?? Number.NaN);
  throw new Later(`${host} is busy (${status})`, Number.isFinite(wait) ? wait * 1000 : null);
}

/** The part may be the whole file already; else it is of no use, and the next request asks for everything. */
async function outOfRange(response: Response, bytes: number, answer: Omit<Download, 'total'>): Promise<Download> {
  await response.body?.cancel();
  const total = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (total !== undefined && Number(total) === bytes)
    return { ...answer, start: bytes, total: bytes, isComplete: true };
  throw new GiveUp(
    `what was fetched before does not belong to this file (416). Delete its .part file and run it again.`,
  );
}

function startOf({ headers }: Response, asked: number): number {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  if (start === undefined || Number(start) !== asked) {
    throw new GiveUp(
      `the server was asked for bytes from ${asked} on and sends others. Delete the .part file and run it again.`,
    );
  }
  return asked;
}

function totalOf({ headers, status }: Response, start: number): number | null {
  const whole = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  if (status === 206 && whole !== undefined) return Number(whole);
  const length = headers.get('content-length');
  return length === null ? null : start + Number(length);
}

/** Ends a connection on which nothing has come for a while. */
function stallSignal(stallMs: number) {
  const stop = new AbortController();
  const end = () => stop.abort(new Error(`nothing came for ${Math.round(stallMs / 1000)} s`));
  let timer = setTimeout(end, stallMs).unref();
  return {
    signal: stop.signal,
    async *watched({ body }: Response): AsyncIterable<Uint8Array> {
      try {
        for await (const chunk of body ?? []) {
          clearTimeout(timer);
          yield chunk as Uint8Array;
          timer = setTimeout(end, stallMs).unref();
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
