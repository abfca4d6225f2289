import type { WireAnswer, WireConversation, WireSetup } from './wire.ts';

/** The server does not know who we are. */
export class UnknownHere extends Error {}

/** How a person presents themselves with each request. */
export interface Self {
  readonly name: string;
  readonly locale: string;
}

/** A picture or mask about to be sent. */
export interface Attachment {
  readonly role: 'image' | 'mask';
  readonly file: File;
  /** A small copy without anything but pixels. */
  readonly view: Blob | null;
}

export interface Saying {
  readonly key: string;
  readonly text: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly replyTo: string | null;
  readonly attachments: readonly Attachment[];
}

/** A name for a request, so that sending it again is not saying it twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, init);
  if (response.status === 401) throw new UnknownHere();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

const json = { 'Content-Type': 'application/json' };

/** Comes in with the token of the link, or as whom this browser is known. @throws UnknownHere */
export async function beginSession(token: string): Promise<void> {
  await request('/session', { method: 'POST', headers: json, body: JSON.stringify({ token }) });
}

export async function fetchSetup(): Promise<WireSetup> {
  return (await (await request('/api/setup')).json()) as WireSetup;
}

/** The newest messages, or those before one. */
export async function fetchConversation(before: string | null): Promise<WireConversation> {
  const query = before === null ? '' : `?before=${before}`;
  return (await (await request(`/api/conversation${query}`)).json()) as WireConversation;
}

export async function say(self: Self, { key, text, settings, replyTo, attachments }: Saying): Promise<WireAnswer> {
  const form = new FormData();
  const texts = { ...self, key, text, settings: JSON.stringify(settings), replyTo: replyTo ?? '' };
  for (const [name, value] of Object.entries(texts)) form.set(name, value);
  for (const { role, file, view } of attachments) {
    form.append(role, file, file.name);
    form.append(`${role}-view`, view ?? new Blob(), 'view');
  }
  return (await (await request('/api/messages', { method: 'POST', body: form })).json()) as WireAnswer;
}

export interface Pressing {
  readonly code: string;
  readonly message: string | null;
  readonly values: Readonly<Record<string, string>> | null;
}

export async function press(self: Self, pressing: Pressing): Promise<WireAnswer> {
  const body = JSON.stringify({ ...self, key: newKey(), ...pressing });
  return (await (await request('/api/actions', { method: 'POST', headers: json, body })).json()) as WireAnswer;
}

export async function dismiss(message: string): Promise<void> {
  await request(`/api/messages/${message}`, { method: 'DELETE' });
}
