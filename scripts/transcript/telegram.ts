import { openTelegram } from '../../src/bots/telegram/telegram.ts';
import { silentLog } from '../../src/log.ts';
import { telegramRoom } from '../../test/support/room/on-telegram.ts';
import {
  openTelegramStandIn,
  type Seen,
  type StandInChat,
  type TelegramStandIn,
} from '../../test/support/telegram-stand-in/index.ts';
import { blocksOf, openRecorder, type Shown, type ShownPicture } from './recorder.ts';
import { tell } from './story.ts';
import { inStudio } from './studio.ts';

function picturesOf({ picture, asFile, spoiler }: Seen): readonly ShownPicture[] {
  if (!picture) return [];
  const { name, bytes, width, height } = picture;
  const kind = `${spoiler ? 'spoiler ' : ''}${asFile ? 'file' : 'photo'}`;
  return [{ label: `${kind} ${asFile ? name : `${width}×${height}`}`, name: asFile ? name : 'photo.jpg', bytes }];
}

function look(tg: TelegramStandIn, chat: StandInChat): readonly Shown[] {
  const seen = tg.messages(chat);
  const blocks = blocksOf(tg.view(chat)); // the bot's activity, if shown, is one more at the end
  return seen.map((message, i) => ({ id: String(message.id), text: blocks[i]!, pictures: picturesOf(message) }));
}

/** Three people in a Telegram group, one of them in Chinese. */
export async function playTelegram(folder: string): Promise<void> {
  await using tg = await openTelegramStandIn({ limits: null }); // people take longer
  const [ann, bo, jose] = [tg.user('Ann'), tg.user('小波', 'zh-hans'), tg.user('José', 'es')];
  const group = tg.group('Studio', [ann, bo, jose], { administrators: [ann] });
  const recorder = await openRecorder(folder, () => look(tg, group.chat));
  const room = telegramRoom(tg, group, [ann, bo, jose]);
  await inStudio(
    ({ storage, pictures }) =>
      openTelegram({
        ...{ token: tg.token, apiRoot: tg.apiRoot, fit: pictures.upload, log: silentLog },
        ...{ blobs: storage.blobs, posted: storage.postedFiles, messages: storage.messages },
      }),
    () => tell(room, recorder),
  );
}
