import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Upload } from './media.ts';
import type { ApiRefusal } from './refusal.ts';
import type { Fields } from './world.ts';

/** A call of a method, read to its end. Fields of forms are texts, as they came; objects that were lost on the way are missing. */
export interface Call {
  readonly token: string;
  readonly method: string;
  readonly fields: Fields;
  readonly files: ReadonlyMap<string, Upload>;
}

export async function readCall(request: IncomingMessage, token: string, method: string): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const boundary = /^multipart\/form-data;\s*boundary=([^;]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) {
    const fields = raw.length > 0 ? (JSON.parse(raw.toString()) as Fields) : {};
    return { token, method, fields, files: new Map() };
  }
  const parts = [...multipart(raw, boundary)];
  const fields = parts.filter((part) => part.filename === null).map((part) => [part.name, part.bytes.toString()]);
  const files = parts.flatMap(({ name, filename, bytes }) =>
    filename === null ? [] : [[name, { name: filename, bytes }] as const],
  );
  return { token, method, fields: Object.fromEntries(fields) as Fields, files: new Map(files) };
}

/** Source: RFC 7578. */
function* multipart(raw: Buffer, boundary: string) {
  const mark = Buffer.from(`--${boundary}`);
  for (let at = raw.indexOf(mark); at >= 0; ) {
    const next = raw.indexOf(mark, at + mark.length);
    if (next < 0) return;
    const part = raw.subarray(at + mark.length + 2, next - 2);
    const gap = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, gap).toString();
    yield {
      name: /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '',
      filename: /filename="([^"]*)"/i.exec(head)?.[1] ?? null,
      bytes: Buffer.from(part.subarray(gap + 4)),
    };
    at = next;
  }
}

export function sendResult(response: ServerResponse, result: unknown): void {
  send(response, 200, { ok: true, result });
}

/** Source: Bot API, "Making requests". */
export function sendRefusal(response: ServerResponse, { code, message, parameters }: ApiRefusal): void {
  send(response, code, { ok: false, error_code: code, description: message, ...(parameters && { parameters }) });
}

function send(response: ServerResponse, status: number, body: Fields): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
