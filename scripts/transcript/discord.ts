import { openSuggestions, systemClock } from '../../src/bots/core/index.ts';
import { openDiscord } from '../../src/bots/discord/discord.ts';
import { silentLog } from '../../src/log.ts';
import { asArray, asObject, asText } from '../../test/support/discord-stand-in/json.ts';
import type { Interaction } from '../../test/support/discord-stand-in/people.ts';
import { type DiscordStandIn, openDiscordStandIn } from '../../test/support/discord-stand-in/stand-in.ts';
import type { Seen } from '../../test/support/discord-stand-in/view.ts';
import type { StandInUser } from '../../test/support/discord-stand-in/world.ts';
import { blocksOf, openRecorder, type Shown } from './recorder.ts';
import { inStudio, meadow, spot } from './studio.ts';

/** Marks of bold text and the backslashes that keep other marks from being any: nobody sees them. */
const rendered = (text: string) => text.replace(/\*\*|\\(?=[^\w\s])/g, '');

/** A form as it opens, its fields with what stands in them. */
function formOf({ modal }: Interaction): string {
  const fields = asArray(modal?.components).map(asObject);
  const lines = fields.map(({ label, component }) => `  ${asText(label)}: [${asText(asObject(component).value)}]`);
  return [`Form "${asText(modal?.title)}" opens:`, ...lines].join('\n');
}

/** What two people have before their eyes: what everybody sees once, whispers under the name of whom they are for. */
function look(dc: DiscordStandIn, people: readonly StandInUser[]): readonly Shown[] {
  return people.flatMap((person, at) => {
    const seen = dc.messages().filter(({ onlyFor }) => onlyFor === null || onlyFor === person.name);
    const shown = blocksOf(dc.view(person)).map((text, i): Shown & Pick<Seen, 'onlyFor'> => {
      const { id, pictures, onlyFor } = seen[i]!;
      const named = pictures.map(({ name, bytes, spoiler }) => ({
        label: `${spoiler ? 'spoiler ' : ''}${name}`,
        name,
        bytes,
      }));
      return {
        id,
        onlyFor,
        pictures: named,
        text: rendered(text).replace('only you', `only ${person.name} sees this`),
      };
    });
    return shown.filter(({ onlyFor }) => at === 0 || onlyFor !== null);
  });
}

const isResult = (number: number) => (seen: Seen) =>
  seen.byBot && seen.onlyFor === null && seen.pictures.length > 0 && new RegExp(`#${number} · `).test(seen.text);
const isMaskCard = ({ buttons }: Seen) => buttons.some(({ label }) => label.startsWith('✅'));
const patienceMs = 120_000;

/** Two people on a Discord server, one of them in Chinese. */
export async function playDiscord(folder: string): Promise<void> {
  await using dc = await openDiscordStandIn();
  const [ann, bo] = [dc.user('Ann'), dc.user('小波', { locale: 'zh-CN' })];
  const { step } = await openRecorder(folder, () => look(dc, [ann, bo]));
  const result = (number: number) => dc.waitCard(isResult(number), patienceMs);
  const whisper = (to: StandInUser, words: RegExp) =>
    dc.waitCard(({ onlyFor, text }) => onlyFor === to.name && words.test(text), patienceMs);
  const image = { name: 'meadow.png', bytes: await meadow() };
  const mask = { name: 'mask.png', bytes: await spot() };
  const painted = { cfg: 5, steps: 20 };
  await inStudio(
    ({ storage, pictures, queue, dataDir }) =>
      openDiscord({
        ...{ token: dc.token, apiRoot: dc.api, dataDir, blobs: storage.blobs, log: silentLog },
        fit: pictures.upload,
        suggestions: openSuggestions({ catalog: () => queue.catalog(), storage, clock: systemClock }),
      }),
    async () => {
      for (; dc.commands().length === 0; await new Promise((wake) => setTimeout(wake, 20)));
      await step('Ann: /help', async () => {
        dc.slash(ann, 'help');
        await whisper(ann, /./);
      });
      const first = await step('Ann: /edit image: meadow.png, a tree on the left …', () => {
        dc.slash(ann, 'edit', {
          prompt: 'a tree on the left, grass, blue sky',
          image,
          strength: 0.85,
          seed: '12',
          ...painted,
        });
        return result(1);
      });
      const second = await step('小波 replies to #1', () => {
        dc.message(bo, '+ snow, winter --seed 3', { replyTo: first });
        return result(2);
      });
      const asked = await step('小波: /inpaint with a mask, on #2', () => {
        const words = { prompt: 'a snowman, grass, blue sky', mask, strength: 1, fill: 'latent noise', seed: '4' };
        dc.slash(bo, 'inpaint', {
          ...words,
          link: `https://discord.com/channels/${dc.guild.id}/${dc.channel.id}/${second.id}`,
          ...painted,
        });
        return dc.waitCard(isMaskCard, patienceMs);
      });
      const third = await step('小波 agrees to the mask', () => {
        dc.button(bo, asked, '✅');
        return result(3);
      });
      const fourth = await step('Ann presses Again on #3', () => {
        dc.button(ann, third, 'Again');
        return result(4);
      });
      const fifth = await step('小波 presses Less on #4', () => {
        dc.button(bo, fourth, fourth.buttons[1]!.label);
        return result(5);
      });
      await step('Ann presses More on #1', () => {
        dc.button(ann, first, 'More');
        return result(6);
      });
      await step('Ann presses Same mask on #4', () => {
        dc.button(ann, fourth, '♻️');
        return result(7);
      });
      const count = () => dc.messages().length;
      const another = async (act: () => void) => {
        const before = count();
        act();
        for (const end = Date.now() + patienceMs; count() === before && Date.now() < end; )
          await new Promise((wake) => setTimeout(wake, 20));
      };
      await step('小波 presses Undo on #5, which is HEAD', () => another(() => dc.button(bo, fifth, '↩️')));
      await step('Ann types /redo, as a reply to nothing', () => another(() => dc.slash(ann, 'redo')));
      await step('Ann presses Undo on #4, which is not HEAD', () => another(() => dc.button(ann, fourth, '↩️')));
      await step('小波 presses Compare on #3', () => another(() => dc.button(bo, third, '🌓')));
      await step('Ann presses ⋯ on #4', () => another(() => dc.button(ann, fourth, '⋯')));
      const form = await step('Ann presses Edit… on #2', async () => {
        const opened = await dc.button(ann, second, '✏️').answered();
        console.log(`${formOf(opened)}\n`);
        return opened;
      });
      await step('Ann sends the form with another prompt', () => {
        dc.modal(form, { prompt: 'a red house, grass, blue sky', strength: '0.9', advanced: 'steps=12 cfg=5' });
        return result(8);
      });
      const running = await step('Ann: a long /edit, while 小波 asks for the queue', async () => {
        dc.slash(ann, 'edit', { prompt: 'a lake', image, steps: 150, strength: 1 });
        const card = await dc.waitCard(({ text }) => text.includes('⏳') && text.includes('a lake'), patienceMs);
        dc.slash(bo, 'edit', { prompt: 'a mountain', image, steps: 8 });
        await dc.waitCard(({ text }) => text.includes('⏳') && text.includes('a mountain'), patienceMs);
        dc.slash(bo, 'queue');
        await whisper(bo, /队列/);
        return card;
      });
      await step('小波 presses Cancel on Ann’s edit', () => another(() => dc.button(bo, running, '✖️')));
      await step('Ann: /cancel', () => {
        dc.slash(ann, 'cancel');
        return dc.waitCard(({ text }) => text.includes('Cancelled by'), patienceMs);
      });
      await step('Ann: /edit with a text file', () =>
        another(() =>
          dc.slash(ann, 'edit', { prompt: 'x', image: { name: 'notes.png', bytes: Buffer.from('milk, eggs') } }),
        ),
      );
      await step('小波: /inpaint without a mask', () => another(() => dc.slash(bo, 'inpaint', { prompt: '帽子' })));
      await step('Ann: /edit with an option that does not exist', () =>
        another(() => dc.slash(ann, 'edit', { prompt: 'x', image, advanced: 'stength=0.5' })),
      );
    },
  );
}
