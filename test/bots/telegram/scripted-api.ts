import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a method answers: a result, a refusal in Telegram's words, or a broken line. */
type Reply =
  | { readonly result: unknown }
  | { readonly code: number; readonly description: string; readonly retryAfter?: number }
  | 'hang up';

/** One call as it came in: fields of a JSON body, or of an upload with the sizes of its files. */
interface Call {
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * A Bot API that says what it is told to say, for answers that the real one gives rarely. It knows no rules; those are the stand-in's.
 */
export interface ScriptedApi extends AsyncDisposable {
  readonly root: string;
  readonly calls: Call[];
  /** Answers of a method, one after another; the last one stays. */
  script(method: string, ...replies: Reply[]): void;
  /** Is brought by the next poll. */
  push(update: object): void;
  /** Bytes under `/file/bot<token>/<path>`. */
  readonly files: Map<string, Uint8Array>;
}

export const token = '4242:AbC-secret_secret';
const me = { id: 42, is_bot: true, first_name: 'Palimpsest', username: 'Pal_bot' };

export async function openScriptedApi(): Promise<ScriptedApi> {
  const scripts = new Map<string, Reply[]>([['getMe', [{ result: me }]]]);
  const calls: Call[] = [];
  const files = new Map<string, Uint8Array>();
  const updates: { update_id: number }[] = [];
  let messageId = 100;

  const replyTo = async ({ method, fields }: Call): Promise<Reply> => {
    const scripted = scripts.get(method);
    if (scripted) return scripted.length > 1 ? scripted.shift()! : scripted[0]!;
    if (method === 'getUpdates') return { result: await poll(Number(fields.offset ?? 0)) };
    messageId += 1;
    const sent = { message_id: messageId, date: 1, chat: { id: 7 } };
    if (method === 'sendMediaGroup') return { result: Array.isArray(fields.media) ? fields.media.map(() => sent) : [] };
    return { result: /^(send|edit)/.test(method) ? sent : true };
  };
  const poll = async (offset: number) => {
    for (let tries = 0; tries < 20; tries += 1) {
      const due = updates.filter((update) => update.update_id >= offset);
      if (due.length > 0) return due;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return [];
  };
  const server = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url ?? '');
    const file = files.get(path.replace(`/file/bot${token}/`, ''));
    if (path.startsWith('/file/')) return void response.writeHead(file ? 200 : 404).end(file);
    const call = await readCall(request, path.split('/').at(-1)!);
    calls.push(call);
    const reply = await replyTo(call);
    if (reply === 'hang up') return void request.socket.destroy();
    response.setHeader('content-type', 'application/json');
    if ('result' in reply) return void response.end(JSON.stringify({ ok: true, result: reply.result }));
    const { code, description, retryAfter } = reply;
    const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } };
    response.writeHead(code).end(JSON.stringify({ ok: false, error_code: code, description, ...parameters }));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    files,
    script: (method, ...replies) => void scripts.set(method, replies),
    push: (update) => void updates.push({ update_id: updates.length + 1, ...update }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readCall(request: IncomingMessage, method: string): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return { method, fields: JSON.parse(body.toString() || '{}'), files: [] };
  const parts = body
    .toString('latin1')
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => part.trimStart());
  const fields: Record<string, unknown> = {};
  const files: { name: string; bytes: number }[] = [];
  for (const part of parts) {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const content = rest.join('\r\n\r\n').slice(0, -2);
    const name = /filename="([^"]*)"/.exec(head)?.[1];
    if (name === undefined)
      fields[/name="([^"]*)"/.exec(head)![1]!] = asJson(Buffer.from(content, 'latin1').toString());
    else files.push({ name, bytes: content.length });
  }
  return { method, fields, files };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
