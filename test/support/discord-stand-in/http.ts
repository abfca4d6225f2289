import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, type Json, type JsonObject } from './json.ts';

export interface SentFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** A request, read to its end. */
export interface Call {
  readonly method: string;
  /** Decoded, without query: the client library sends `%40original`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: JsonObject;
  /** The body when it is an array (bulk command registration). */
  readonly list: readonly Json[];
  /** Parts `files[n]` by n. */
  readonly files: ReadonlyMap<string, SentFile>;
  readonly bytes: number;
}

/** What a route answers; `undefined` body is 204-like. */
export interface Reply {
  readonly status: number;
  readonly body?: Json | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { json, files } = parseBody(request.headers['content-type'] ?? '', raw);
  return {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    body: asObject(json),
    list: Array.isArray(json) ? json : [],
    files,
    bytes: raw.length,
  };
}

function parseBody(type: string, raw: Buffer): { json: Json; files: Map<string, SentFile> } {
  const boundary = /^multipart\/form-data;\s*boundary=(?:"([^"]+)"|([^;]+))/i.exec(type);
  if (!boundary) return { json: raw.length > 0 ? (JSON.parse(raw.toString()) as Json) : null, files: new Map() };
  const parts = [...multipart(raw, boundary[1] ?? boundary[2]!)];
  const payload = parts.find((part) => part.field === 'payload_json');
  const files = parts.flatMap((part) => {
    const index = /^files\[(\d+)\]$/.exec(part.field)?.[1];
    return index === undefined ? [] : [[index, { name: part.name, type: part.type, bytes: part.bytes }] as const];
  });
  return { json: payload ? (JSON.parse(payload.bytes.toString()) as Json) : null, files: new Map(files) };
}

/** Source: RFC 7578; discord.com/developers/docs/reference, "Uploading Files". */
function* multipart(raw: Buffer, boundary: string) {
  const mark = Buffer.from(`--${boundary}`);
  for (let at = raw.indexOf(mark); at >= 0; ) {
    const next = raw.indexOf(mark, at + mark.length);
    if (next < 0) return;
    const part = raw.subarray(at + mark.length + 2, next - 2);
    const gap = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, gap).toString();
    yield {
      field: /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '',
      name: /filename="([^"]*)"/i.exec(head)?.[1] ?? '',
      type: /content-type:\s*([^\r\n]+)/i.exec(head)?.[1] ?? 'application/octet-stream',
      bytes: Buffer.from(part.subarray(gap + 4)),
    };
    at = next;
  }
}

export function sendReply(response: ServerResponse, { status, body, headers }: Reply): void {
  const isBytes = Buffer.isBuffer(body);
  const content = body === undefined ? undefined : isBytes ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...(content && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
    'content-length': content?.length ?? 0,
    ...headers,
  });
  response.end(content);
}
