import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PickedFile } from '../../support/discord-stand-in/people.ts';
import type { Seen } from '../../support/discord-stand-in/view.ts';
import { permissions, type StandInUser } from '../../support/discord-stand-in/world.ts';
import { solidPng } from '../../support/jobs.ts';
import { type Chat, isResult, openChat } from './chat.ts';

let chat: Chat;
let black: PickedFile;
let people = 0;
beforeAll(async () => {
  chat = await openChat();
  black = { name: 'black.png', bytes: await solidPng(64, 64, '#000000') };
});
afterAll(() => chat[Symbol.asyncDispose]());

/** Somebody new in a channel of their own. */
function somebody(locale = 'en-US') {
  people += 1;
  const user = chat.dc.user(`Ann${people}`, { locale });
  const channel = chat.dc.addChannel(`room${people}`, { guild: chat.dc.guild });
  chat.dc.gateway.dispatch(
    'CHANNEL_CREATE',
    { id: channel.id, type: 0, guild_id: chat.dc.guild.id, name: channel.name },
    channel,
  );
  return { user, channel };
}
type Somebody = ReturnType<typeof somebody>;

const newest = (where: Somebody, condition: (seen: Seen) => boolean) =>
  chat.dc.waitCard((seen) => seen.channel === where.channel && condition(seen));

/** Edits a black picture by command, and waits for the result. */
async function edited(ann: Somebody, options: Record<string, string | number | boolean> = { prompt: 'a red hat' }) {
  const asked = chat.dc.slash(ann.user, 'edit', { ...options, image: black } as never, ann);
  return { asked, result: await newest(ann, isResult(1)) };
}

const paramsOf = async (seen: Seen) => (await chat.nodeOf(seen)).task!.request.params;

describe('a slash command with a picture', () => {
  test('is acknowledged at once, shows progress, and ends in an ordinary message', async () => {
    const ann = somebody();
    chat.latch.close();
    const asked = chat.dc.slash(ann.user, 'edit', { prompt: 'oil painting', steps: 7, image: black }, ann);
    await asked.answered();
    expect(asked.answeredAfterMs).toBeLessThan(1000);
    const card = await newest(ann, ({ interaction }) => interaction === null);
    expect(card.buttons.map(({ label }) => label)).toEqual(['✖️ Cancel']);
    const edits = () => chat.dc.calls('PATCH', new RegExp(`/messages/${card.id}$`)).length;
    for (let step = 1; step <= 3; step += 1) {
      const before = edits();
      chat.latch.release();
      await expect.poll(edits).toBeGreaterThan(before);
    }
    chat.latch.open();
    const result = await newest(ann, isResult(1));
    expect(result).toMatchObject({ interaction: null, onlyFor: null, mentions: [] });
    expect(result.text).toMatch(/^\*\*#1 · img2img · @Ann\d+\*\*\n"oil painting"\nstrength 0\.50 · 7 steps/);
    await expect.poll(() => chat.dc.messages(ann)).toHaveLength(1); // neither card nor "thinking" stays
    expect(await sharp(result.pictures[0]!.bytes).metadata()).toMatchObject({ format: 'png', width: 64, height: 64 });
    const comments = (await sharp(result.pictures[0]!.bytes).metadata()).comments ?? [];
    expect(comments.find(({ keyword }) => keyword === 'parameters')?.text).toMatch(/^oil painting\nSteps: 7, /);
  });
});
