import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server saw it. */
export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers the n-th request (from 0). */
export type Answer = (response: ServerResponse, asked: Asked, n: number) => void;

/** A server on this machine that answers as it is told. */
export async function fileServer(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { range, 'if-range': ifRange } = request.headers as Record<string, string | undefined>;
    const one = { path: request.url ?? '', range, ifRange };
    asked.push(one);
    answer(response, one, asked.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The rest of `bytes` as the range asks for it, with a version; at most `upTo` bytes of it, then the connection breaks. */
export function sendRange(
  response: ServerResponse,
  { range, ifRange }: Asked,
  bytes: Buffer,
  { version = '"1"', upTo = Number.POSITIVE_INFINITY } = {},
): void {
  const from = ifRange === undefined || ifRange === version ? Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) : 0;
  if (from >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const part = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...part, etag: version, 'content-length': bytes.length - from });
  const sent = bytes.subarray(from, from + Math.min(upTo, bytes.length - from));
  response.write(sent, () => {
    if (from + sent.length < bytes.length) setTimeout(() => response.destroy(), 20);
    else response.end();
  });
}
