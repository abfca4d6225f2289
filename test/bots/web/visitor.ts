import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { WireAnswer, WireConversation, WireMessage } from '../../../src/bots/web/client/wire.ts';

/** Lets somebody in by the address that was printed. */
export async function enter(url: string, name = 'Ann'): Promise<Visitor> {
  const { origin, hash } = new URL(url);
  const body = JSON.stringify({ token: hash.slice(1) });
  const response = await fetch(`${origin}/session`, { method: 'POST', headers: { origin }, body });
  expect(response.status).toBe(204);
  return new Visitor(origin, response.headers.getSetCookie()[0]!.split(';')[0]!, name);
}

/** A browser that came in, as far as it speaks HTTP. */
export class Visitor {
  readonly origin: string;
  readonly cookie: string;
  readonly name: string;
  constructor(origin: string, cookie: string, name = 'Ann') {
    this.origin = origin;
    this.cookie = cookie;
    this.name = name;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.cookie, origin: this.origin, ...init.headers };
    return fetch(this.origin + path, { ...init, headers });
  }

  async say(text: string, more: Record<string, string | Blob> = {}): Promise<WireAnswer> {
    const response = await this.fetch('/api/messages', {
      method: 'POST',
      body: formOf({ text, name: this.name, ...more }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as WireAnswer;
  }

  async press(
    code: string,
    message: string | null = null,
    values: Readonly<Record<string, unknown>> | null = null,
  ): Promise<WireAnswer> {
    const body = JSON.stringify({ key: newKey(), name: this.name, locale: 'en', code, message, values });
    const response = await this.fetch('/api/actions', { method: 'POST', body });
    expect(response.status).toBe(200);
    return (await response.json()) as WireAnswer;
  }

  async conversation(query = ''): Promise<WireConversation> {
    return (await (await this.fetch(`/api/conversation${query}`)).json()) as WireConversation;
  }

  /** Nothing is on its way. */
  async calm(): Promise<void> {
    const isBusy = async () => (await this.conversation()).messages.some(({ card }) => card?.tone === 'busy');
    await expect.poll(isBusy, { timeout: 10_000 }).toBe(false);
  }

  /** The newest message that fits, as soon as there is one. */
  async find(fits: (message: WireMessage) => boolean): Promise<WireMessage> {
    return expect
      .poll(async () => (await this.conversation()).messages.findLast(fits), { timeout: 10_000 })
      .toBeDefined()
      .then(async () => (await this.conversation()).messages.findLast(fits)!);
  }
}

export const newKey = () => randomBytes(12).toString('hex');
export const pngFile = (bytes: Uint8Array, name = 'photo.png') =>
  new File([Uint8Array.from(bytes)], name, { type: 'image/png' });

export function formOf(entries: Record<string, string | Blob>): FormData {
  const form = new FormData();
  const all = { key: newKey(), name: 'Ann', locale: 'en', settings: '{}', replyTo: '', ...entries };
  for (const [name, value] of Object.entries(all)) form.set(name, value);
  return form;
}
