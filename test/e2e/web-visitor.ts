import { randomUUID } from 'node:crypto';

/** A card of the web chat, as far as tests read it. */
interface Card {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Somebody with the web chat's link, without a browser. */
export interface WebVisitor {
  /** @returns what is told to them alone, in words */
  say(text: string, image?: Uint8Array): Promise<readonly string[]>;
}

/** Lets somebody in by the link that the program prints. */
export async function visitWeb(link: string): Promise<WebVisitor> {
  const { origin, hash } = new URL(link);
  const headers = { origin, 'content-type': 'application/json' };
  const body = JSON.stringify({ token: hash.slice(1) });
  const session = await fetch(`${origin}/session`, { method: 'POST', headers, body });
  if (!session.ok) throw new Error(`the web chat said ${session.status}`);
  const cookie = session.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return {
    async say(text, image) {
      const form = new FormData();
      form.set('name', 'Web');
      form.set('key', randomUUID());
      form.set('text', text);
      if (image) form.append('image', new Blob([new Uint8Array(image)]), 'picture.png');
      const response = await fetch(`${origin}/api/messages`, {
        method: 'POST',
        headers: { origin, cookie },
        body: form,
      });
      if (!response.ok) throw new Error(`the web chat said ${response.status}`);
      const { told } = (await response.json()) as { told: readonly Card[] };
      return told.map(({ title, lines }) => [title, ...lines].join('\n'));
    },
  };
}
