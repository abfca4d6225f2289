import { isId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';

/** A person as one request presents them. */
export interface Visitor {
  readonly user: UserId;
  readonly name: string;
  /** Of their browser, or as they chose on the page. */
  readonly locale: string | null;
}

/** A file as forms carry them. */
type FilePart = Exclude<ReturnType<FormData['getAll']>[number], string>;

/** A file in a request, with the small copy the browser made of it. */
export interface SentFile {
  readonly role: 'image' | 'mask';
  readonly file: FilePart;
  readonly view: FilePart | null;
}

/** Something said, as the page sends it. */
export interface SayRequest {
  readonly visitor: Visitor;
  /** Chosen by the page: sent again, it is the same request. */
  readonly key: string;
  readonly text: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly replyTo: string | null;
  readonly files: readonly SentFile[];
}

/** A button pressed or a form answered, as the page sends it. */
export interface PressRequest {
  readonly visitor: Visitor;
  readonly key: string;
  readonly code: string;
  readonly message: string | null;
  readonly values: Readonly<Record<string, string>> | null;
}

/** Characters; the core has limits of its own, with words for people. */
const longest = { name: 40, locale: 35, key: 40, text: 20_000, code: 80, value: 20_000 } as const;
/** Pictures and masks in one message at most. */
const mostFiles = 4;
const guest = 'Guest';

type Given = (name: string) => unknown;

function text(value: unknown, limit: number): string {
  return typeof value === 'string' ? value.slice(0, limit) : '';
}

function visitorIn(given: Given, user: UserId): Visitor {
  const name = text(given('name'), longest.name).trim() || guest;
  return { user, name, locale: text(given('locale'), longest.locale) || null };
}

/** The page's own name for a request; made up of the characters it uses. @throws RangeError for anything else */
function keyIn(given: Given): string {
  const key = text(given('key'), longest.key);
  if (!/^[\w-]{16,}$/.test(key)) throw new RangeError('a request needs a key of its own');
  return key;
}

/** Texts by name; anything else is left out. */
function textsIn(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  const pairs = Object.entries(value).filter(([name, entry]) => name.length <= 40 && typeof entry === 'string');
  return Object.fromEntries(pairs.slice(0, 100).map(([name, entry]) => [name, text(entry, longest.value)]));
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(text(json, longest.value * 4) || 'null');
  } catch (cause) {
    throw new RangeError('not JSON', { cause });
  }
}

function partsIn(form: FormData, name: string): readonly FilePart[] {
  return form.getAll(name).filter((entry) => typeof entry !== 'string');
}

function filesIn(form: FormData, role: SentFile['role']): readonly SentFile[] {
  const views = partsIn(form, `${role}-view`);
  const files = partsIn(form, role).slice(0, mostFiles);
  return files.map((file, i) => ({ role, file, view: views[i]?.size ? views[i] : null }));
}

/** @throws RangeError for what our page would never send */
export function sayRequest(form: FormData, user: UserId): SayRequest {
  const given: Given = (name) => form.get(name);
  const replyTo = text(given('replyTo'), longest.key);
  return {
    visitor: visitorIn(given, user),
    key: keyIn(given),
    text: text(given('text'), longest.text),
    settings: textsIn(parsed(given('settings'))),
    replyTo: isId(replyTo) ? replyTo : null,
    files: [...filesIn(form, 'image'), ...filesIn(form, 'mask')],
  };
}

/** @throws RangeError for what our page would never send */
export function pressRequest(body: unknown, user: UserId): PressRequest {
  if (typeof body !== 'object' || body === null) throw new RangeError('not an object');
  const given: Given = (name) => (Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined);
  const message = text(given('message'), longest.key);
  const values = given('values');
  return {
    visitor: visitorIn(given, user),
    key: keyIn(given),
    code: text(given('code'), longest.code),
    message: isId(message) ? message : null,
    values: values === undefined || values === null ? null : textsIn(values),
  };
}
