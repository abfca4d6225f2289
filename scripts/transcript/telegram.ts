import { openTelegram } from '../../src/bots/telegram/telegram.ts';
import { silentLog } from '../../src/log.ts';
import {
  type Conversation,
  openTelegramStandIn,
  type Seen,
  type StandInChat,
  type TelegramStandIn,
} from '../../test/support/telegram-stand-in/index.ts';
import { blocksOf, openRecorder, type Shown, type ShownPicture } from './recorder.ts';
import { inStudio, meadow, spot } from './studio.ts';

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

const isResult = (number: number) => (seen: Seen) => seen.picture !== null && seen.text.startsWith(`#${number} · `);
const patienceMs = 120_000;

/** Two people in a Telegram group, one of them in Chinese. */
export async function playTelegram(folder: string): Promise<void> {
  await using tg = await openTelegramStandIn({ limits: null }); // people take longer
  const [annUser, boUser] = [tg.user('Ann'), tg.user('小波', 'zh-hans')];
  const group = tg.group('Studio', [annUser, boUser]);
  const [ann, bo] = [group.as(annUser), group.as(boUser)];
  const { step } = await openRecorder(folder, () => look(tg, group.chat));
  const result = (number: number) => ann.wait(isResult(number), patienceMs);
  const answered = async (act: () => unknown) => {
    const last = Math.max(
      0,
      ...tg
        .messages(group.chat)
        .filter(({ byBot }) => byBot)
        .map(({ id }) => id),
    );
    await act();
    return ann.wait(({ id }) => id > last, patienceMs);
  };
  const [picture, mask] = await Promise.all([meadow(), spot()]);
  await inStudio(
    ({ storage, pictures }) =>
      openTelegram({
        ...{ token: tg.token, apiRoot: tg.apiRoot, blobs: storage.blobs, fit: pictures.upload, log: silentLog },
      }),
    () => converse({ ann, bo, picture, mask, step, result, answered }),
  );
}

interface Scene {
  readonly ann: Conversation;
  readonly bo: Conversation;
  readonly picture: Buffer;
  readonly mask: Buffer;
  readonly step: Awaited<ReturnType<typeof openRecorder>>['step'];
  /** The result of that number. */
  result(number: number): Promise<Seen>;
  /** Whatever the bot says next. */
  answered(act: () => unknown): Promise<Seen>;
}

async function converse({ ann, bo, picture, mask, step, result, answered }: Scene): Promise<void> {
  await step('Ann: /help', () => answered(() => ann.command('/help')));
  await step('小波: /help region', () => answered(() => bo.command('/help region')));
  const first = await step('Ann: a photo with /edit', async () => {
    const words = 'a tree on the left, grass, blue sky --strength 0.85 --cfg 5 --seed 12';
    await ann.photo(picture, { caption: `/edit ${words}` });
    return result(1);
  });
  const second = await step('小波 replies to #1', () => {
    bo.text('+ snow, winter --seed 3', { replyTo: first });
    return result(2);
  });
  const asked = await step('小波 replies to #2 with a mask', async () => {
    const words = '/inpaint mask a snowman, grass, blue sky --strength 1 --fill "latent noise" --cfg 5 --seed 4';
    return answered(() => bo.document(mask, { caption: words, replyTo: second, name: 'mask.png' }));
  });
  const third = await step('小波 agrees to the mask', () => {
    bo.press('✅', asked);
    return result(3);
  });
  const fourth = await step('Ann presses Again on #3', () => {
    ann.press('🎲', third);
    return result(4);
  });
  const fifth = await step('小波 presses Less on #4', () => {
    bo.press('➖', fourth);
    return result(5);
  });
  await step('Ann presses More on #1', () => {
    ann.press('➕', first);
    return result(6);
  });
  await step('小波 presses Undo on #5, which is HEAD', () => answered(() => bo.press('↩️', fifth)));
  await step('Ann: /redo', () => answered(() => ann.command('/redo')));
  await step('Ann presses Undo on #4, which is not HEAD', () => answered(() => ann.press('↩️', fourth)));
  await step('小波 presses Compare on #3', () => answered(() => bo.press('🌓', third)));
  const form = await step('小波 presses Edit… on #2', () => answered(() => bo.press('✏️', second)));
  await step('小波 answers it', () => {
    bo.text('a red house, grass, blue sky\n--strength 0.9 --steps 12', { replyTo: form });
    return result(7);
  });
  const long = await step('Ann: a long edit, while 小波 asks for the queue', async () => {
    const card = await answered(() => ann.photo(picture, { caption: '/edit a lake --steps 150 --strength 1' }));
    await answered(() => bo.photo(picture, { caption: '/edit a mountain --steps 8' }));
    await answered(() => bo.command('/queue'));
    return card;
  });
  await step('小波 presses Cancel on Ann’s edit', () => answered(() => bo.press('✖️', long)));
  await step('Ann: /cancel', () => {
    ann.command('/cancel');
    return ann.wait(({ text }) => text.includes('Cancelled by'), patienceMs);
  });
  await step('Ann sends a text file', () =>
    answered(() => ann.document(Buffer.from('milk, eggs'), { caption: '/edit x', name: 'notes.png' })),
  );
  await step('小波: /inpaint without a mask', () => answered(() => bo.command('/inpaint 帽子', { replyTo: first })));
}
