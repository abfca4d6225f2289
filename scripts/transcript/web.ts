import { join } from 'node:path';
import { openWeb } from '../../src/bots/web/web.ts';
import { silentLog } from '../../src/log.ts';
import { openBrowser, openPage, settled } from '../../test/bots/web/page.ts';
import { compileClient } from '../../test/bots/web/web-chat.ts';
import { freePort } from '../../test/support/process.ts';
import { type Reader, webRoom } from '../../test/support/room/on-web.ts';
import type { RoomMessage } from '../../test/support/room/room.ts';
import { findChromium } from '../../test/support/services.ts';
import { openRecorder, type Recorder, type Shown } from './recorder.ts';
import { tell } from './story.ts';
import { inStudio } from './studio.ts';

/** A message as one reads it: who sees it, what it says, its buttons. */
function asShown({ id, byBot, onlyFor, text, buttons, pictures }: RoomMessage): Shown {
  const [first, ...more] = text.split('\n');
  const lines = [
    `${byBot ? 'Palimpsest' : 'somebody'}${onlyFor === null ? '' : ` (only ${onlyFor} sees this)`}`,
    ...[first, ...more].map((line) => `  ${line}`),
    ...pictures.map(({ name }) => `  [${name}]`),
    ...(buttons.length > 0 ? [`  ${buttons.map((label) => `(${label})`).join(' ')}`] : []),
  ];
  return { id, text: lines.join('\n'), pictures: pictures.map((one) => ({ ...one, label: one.name })) };
}

/** After each step, the screen of whoever took it. */
function photographing(recorder: Recorder, readers: readonly Reader[], folder: string): Recorder {
  let steps = 0;
  return {
    async step(title, act) {
      const done = await recorder.step(title, act);
      const { page } = readers.find(({ name }) => title.startsWith(name)) ?? readers[0]!;
      steps += 1;
      await settled(page);
      await page.screenshot({
        path: join(folder, `screen-${String(steps).padStart(2, '0')}.png`),
        animations: 'disabled',
      });
      return done;
    },
  };
}

/** Three people with the web chat before them: by day, by night in Chinese, and on a phone. */
export async function playWeb(folder: string): Promise<void> {
  await compileClient();
  const port = await freePort();
  let url = '';
  await inStudio(
    async ({ storage, dataDir }) => {
      const metrics = async () => ({ contentType: 'text/plain', text: '' });
      const web = await openWeb({ host: '127.0.0.1', port, dataDir, blobs: storage.blobs, log: silentLog, metrics });
      url = web.url;
      return web;
    },
    async () => {
      await using browser = await openBrowser(await findChromium());
      const ann = { name: 'Ann', page: await openPage(browser, url, { name: 'Ann' }) };
      const night = { name: '小波', locale: 'zh-CN', colorScheme: 'dark' } as const;
      const bo = { name: '小波', page: await openPage(browser, url, night) };
      const jose = { name: 'José', page: await openPage(browser, url, { name: 'José', locale: 'es-ES', width: 400 }) };
      const readers = [ann, bo, jose] as const;
      await using room = await webRoom(readers);
      const recorder = await openRecorder(folder, () => room.messages().map(asShown));
      await tell(room, photographing(recorder, readers, folder));
    },
  );
}
