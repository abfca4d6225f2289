import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { baseStyle } from './styles/base.ts';
import { chatStyle } from './styles/chat.ts';
import { composerStyle } from './styles/composer.ts';
import { dialogStyle } from './styles/dialogs.ts';

/** What the browser code was compiled to, seen from `src` and from `dist` alike. */
const compiled = new URL('../../../dist/bots/web/client/', import.meta.url);

const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="3" width="19" height="19" rx="4" fill="#9db2f2"/><rect x="10" y="10" width="19" height="19" rx="4" fill="#3550c8"/><path d="M10 10h8a4 4 0 0 1 4 4v8h-8a4 4 0 0 1-4-4z" fill="#1d2f86"/></svg>`;

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Palimpsest</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/client/main.js"></script>
</head>
<body><noscript>Palimpsest needs JavaScript.</noscript></body>
</html>
`;

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
  readonly etag: string;
}

function asset(type: string, body: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`;
  return { type: `${type}; charset=utf-8`, body, etag };
}

const fixed: Readonly<Record<string, Asset>> = {
  '/': asset('text/html', html),
  '/icon.svg': asset('image/svg+xml', mark),
  '/style.css': asset('text/css', [baseStyle, chatStyle, composerStyle, dialogStyle].join('\n')),
};

/** The page's file at a path; undefined when there is none. */
export async function assetAt(path: string): Promise<Asset | undefined> {
  if (Object.hasOwn(fixed, path)) return fixed[path];
  const name = /^\/client\/([a-z0-9-]+\.js)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  try {
    return asset('text/javascript', await readFile(new URL(name, compiled), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws Error when the browser code was never compiled */
export async function checkClient(): Promise<void> {
  if (await assetAt('/client/main.js')) return;
  throw new Error(`the web chat is not built (${fileURLToPath(compiled)} is missing): run npm run build`);
}
