import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isId, newId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';

/** Who is who in the web chat. Whoever has the token may come in; a cookie then says who they are from visit to visit. */
export interface Sessions {
  /** Part of the address that is printed at the start. */
  readonly token: string;
  /** Whether this is the token. */
  admits(token: string): boolean;
  /** A cookie for somebody new. */
  begin(): string;
  /** Whom a cookie names; undefined for one that this token did not sign. */
  person(cookie: string): UserId | undefined;
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'comparison').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Sessions signed with `token`: a new token ends them all. */
export function sessionsOf(token: string): Sessions {
  const sign = (id: string) => createHmac('sha256', token).update(`session:${id}`).digest('base64url');
  return {
    token,
    admits: (given) => isSame(given, token),
    begin() {
      const id = newId<string>(randomBytes);
      return `${id}.${sign(id)}`;
    },
    person(cookie) {
      const [id = '', signature = ''] = cookie.split('.');
      return isId(id) && isSame(signature, sign(id)) ? `web:${id}` : undefined;
    },
  };
}

/** Sessions that outlast a restart: the token lies in `<dataDir>/web/token`, readable by its owner alone. */
export async function openSessions(dataDir: string): Promise<Sessions> {
  const folder = join(dataDir, 'web');
  const path = join(folder, 'token');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const known = await readFile(path, 'utf8').catch(() => '');
  if (/^[\w-]{32,}$/.test(known.trim())) return sessionsOf(known.trim());
  const token = randomBytes(24).toString('base64url');
  await using file = await open(path, 'w', 0o600);
  await file.chmod(0o600); // an unreadable file of an older run keeps its mode otherwise
  await file.writeFile(`${token}\n`);
  return sessionsOf(token);
}
