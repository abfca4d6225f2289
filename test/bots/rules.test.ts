import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/bots/core/index.ts';
import { solidPng } from '../support/jobs.ts';
import { type Person, picture } from '../support/room/room.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('rules and defaults on %s', (platform) => {
  /** Nobody looks after the web chat: it has no rules but its program's. */
  const isLookedAfter = platform !== 'web';
  let chat: AnyChat;
  let black: Buffer;
  beforeAll(async () => {
    chat = await openAnyChat(platform, { limits: { ...defaultLimits, creditsPerHour: 10_000 } });
    black = await solidPng(64, 64, '#000000');
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('a preset is saved from a picture, shared, copied, named in a reply, and counts less than what is said', async () => {
    const { ann, bo, answer, edited, newest } = await chat.enter();
    const first = await edited(ann);
    const values = { prompt: 'a red hat', advanced: 'steps=9 cfg=4', strength: '0.9' };
    const strong = await answer(() => ann.fill(first, '✏️', values), picture(2));
    await answer(() => ann.fillFurther(strong, '⭐', { name: 'bold' }), /Preset "bold" is saved/);
    const shared = await answer(() => ann.command('preset share', { name: 'bold' }), /Preset "bold" by @Ann/);
    await answer(() => bo.press(shared, '➕'), /Preset "bold" is saved/);
    await answer(() => bo.reply(first, 'a cap --preset bold --cfg 6'), picture(3));
    expect((await newest()).task?.request.params).toMatchObject({
      ...{ prompt: 'a cap', steps: 9, cfgScale: 6, denoisingStrength: 0.9 },
    });
    await answer(() => bo.reply(first, 'a cap --preset bald'), /I know no preset "bald"/);
  });

  test.runIf(isLookedAfter)(
    'values of server, channel and person win in this order, and a server’s most is told',
    async () => {
      const { ann, bo, answer, edited, newest } = await chat.enter();
      const limit = (name: string, value: string, scope = 'server') =>
        answer(() => ann.command('server limits set', { name, value, scope }), /Done/);
      await limit('steps', '11');
      await limit('cfg', '11');
      await limit('cfg', '12', 'channel');
      await limit('eta', '0.3', 'channel');
      await answer(() => bo.command('settings set', { name: 'eta', value: '0.4' }), /eta is 0\.4 now/);
      await edited(bo);
      expect((await newest()).task?.request.params).toMatchObject({ steps: 11, cfgScale: 12, eta: 0.4 });
      const shown = await answer(() => bo.command('settings show'), /eta 0\.4 \(you\)/);
      expect(shown.text).toContain('cfg 12 (channel)');
      await limit('max-steps', '7');
      const made = await answer(() => bo.command('edit', { prompt: 'x', steps: 30 }, { picture: black }), picture(1));
      expect(made.text).toContain('steps 30→7 (server limit)');
      await answer(() => bo.command('server limits set', { name: 'max-steps', value: '90' }), /not yours to decide/);
    },
  );

  test.runIf(isLookedAfter)(
    'a word that is blocked is found however it is written, and named to its author alone',
    async () => {
      const { ann, bo, answer, edited } = await chat.enter();
      await answer(() => ann.command('server words add', { entry: 'badword' }), /Done/);
      await answer(() => ann.command('server words add', { entry: '坏词' }), /Done/);
      const first = await edited(bo);
      for (const words of ['a bad\u200bword', 'a ｂａｄｗｏｒｄ', 'b\u0301adword', '这是坏\u200b词吗']) {
        const refused = await answer(() => bo.reply(first, words), /That word is not allowed here/);
        expect(refused.text).toMatch(/badword|坏词/);
      }
      await answer(() => bo.command('edit', { prompt: 'a BADWORD here' }, { picture: black }), /not allowed here/);
      await answer(() => bo.reply(first, 'a badwords collection'), picture(2));
      await answer(() => ann.command('server words add', { entry: '/(a+)+b$/' }), /Done/);
      await answer(() => bo.reply(first, `${'a'.repeat(1000)}b`), /not allowed here/);
      await answer(() => bo.reply(first, `${'a'.repeat(1000)}c`), picture(3)); // tried way by way, it would never fail
      await answer(() => ann.command('server words add', { entry: '/(a/' }), /⚠/);
    },
  );

  test.runIf(isLookedAfter)('what needs a look waits for who looks after the room', async () => {
    const { ann, bo, answer, edited } = await chat.enter();
    await answer(() => ann.command('server log', { here: 'here' }), /Done/);
    await answer(() => ann.command('server words add', { entry: 'knife', level: 'review' }), /Done/);
    const first = await edited(bo);
    const held = await answer(() => bo.reply(first, 'a knife'), /asks for an edit that needs a look/);
    await answer(() => bo.press(held, '✅'), /not yours to decide/);
    await answer(() => ann.press(held, '✅'), picture(2));
  });

  test.runIf(isLookedAfter)(
    'what is not safe for work is refused, or hidden where it is allowed; hidden pictures make hidden pictures',
    async () => {
      const { ann, bo, answer, edited } = await chat.enter();
      await answer(() => ann.command('server words add', { entry: 'nude', level: 'nsfw' }), /Done/);
      const first = await edited(bo);
      expect(first.pictures[0]?.spoiler).toBe(false);
      await answer(() => bo.reply(first, 'a nude'), /That is not safe for work/);
      await answer(() => ann.command('server limits set', { name: 'nsfw', value: 'allow' }), /Done/);
      const hidden = await answer(() => bo.reply(first, 'a nude'), picture(2));
      expect(hidden.pictures[0]?.spoiler).toBe(true);
      const made = { prompt: 'a blue hat' };
      const cover = await answer(() => bo.command('edit', made, { picture: black, spoiler: true }), picture(1));
      expect(cover.pictures[0]?.spoiler).toBe(true);
      const next = await answer(() => bo.press(cover, '🎲'), picture(2));
      expect(next.pictures[0]?.spoiler).toBe(true);
      const compared = await answer(() => bo.press(next, '🌓'), /^#0 and #2/);
      expect(compared.pictures[0]?.spoiler).toBe(true);
    },
  );

  test.runIf(platform === 'discord')(
    'is made in channels for it where the server says so, and nowhere else',
    async () => {
      const [plain, open] = [await chat.enter(), await chat.enter({ nsfw: true })];
      for (const { ann, bo, answer, edited } of [plain, open]) {
        await answer(() => ann.command('server words add', { entry: 'nude', level: 'nsfw' }), /Done/);
        await answer(() => ann.command('server limits set', { name: 'nsfw', value: 'nsfw-channels' }), /Done/);
        const first = await edited(bo);
        if (plain.bo === bo) await answer(() => bo.reply(first, 'a nude'), /That is not safe for work[\s\S]*channel/);
        else expect((await answer(() => bo.reply(first, 'a nude'), picture(2))).pictures[0]?.spoiler).toBe(true);
      }
    },
  );

  test.runIf(isLookedAfter)('who looks after the room says how people work together in it', async () => {
    const { ann, bo, cy, answer, edited } = await chat.enter();
    await answer(() => bo.command('server policy set', { policy: 'owner' }), /not yours to decide|may not/);
    await answer(() => ann.command('server policy vote', { state: 'on' }), /Done/);
    await answer(() => ann.command('server policy set', { policy: 'collaborators' }), /Done/);
    const first = await edited(bo);
    await answer(() => cy.press(first, '↩️'), /not yours to decide/);
    const panel = await answer(() => bo.pressFurther(first, '👥'), /@Bo and whoever they invited move it on/);
    expect(panel.text).not.toContain('take a vote here'); // who may not, may not ask either
    await answer(() => ann.command('server policy set', { policy: 'anyone' }), /Done/);
    const open = await answer(() => edited(bo).then((next) => bo.pressFurther(next, '👥')), /Working together/);
    expect(open.text).toContain('take a vote here');
  });

  test.runIf(isLookedAfter)('somebody who is banned is told why, and may come back', async () => {
    const { ann, bo, answer, edited } = await chat.enter();
    const first = await edited(bo);
    const banned = { user: bo.handle, reason: 'too many hats' };
    await answer(() => ann.command('server user ban', banned), /Done/);
    await answer(() => bo.press(first, '🎲'), /You cannot use this bot here[\s\S]*too many hats/);
    await answer(() => ann.command('server user unban', { user: bo.id }), /Done/);
    await answer(() => bo.press(first, '🎲'), picture(2));
  });

  test('what is kept of somebody is shown, sent to them alone, and forgotten when they say so', async () => {
    const { ann, bo, answer, edited, messages, newest } = await chat.enter();
    const first = await edited(bo);
    const { image } = await newest();
    await answer(() => bo.command('privacy show'), /1 picture you sent · 1 picture made for you/);
    const sent = () => bo.privately().flatMap(({ pictures }) => pictures);
    await bo.command('privacy export');
    await expect.poll(() => sent().map(({ name }) => name), { timeout: 10_000 }).toEqual(['palimpsest-1.zip']);
    const zip = sent()[0]!.bytes.toString('latin1');
    expect(zip.startsWith('PK')).toBe(true);
    expect(zip.match(/pictures\/\w{10}\.png/g)?.length).toBeGreaterThanOrEqual(2);
    const asked = await answer(() => bo.command('privacy forget-me'), /Forget you\?/);
    expect(asked.buttons).toHaveLength(2);
    if (platform === 'telegram') await answer(() => ann.press(asked, 'Yes'), /not yours to decide/);
    await answer(() => bo.press(asked, 'Yes'), /Forgotten: 2 files, 2 pictures, 1 edit/);
    await expect.poll(() => messages().some(({ id }) => id === first.id), { timeout: 10_000 }).toBe(false);
    await expect(chat.storage.blobs.get(image.ref)).rejects.toThrow();
    expect(await chat.storage.privacy.inventory(`${platform}:${bo.id}`)).toMatchObject({ results: 0, edits: 0 });
    await edited(bo); // a stranger again, who may start anew
  });
});

describe.each(platforms)('an hour’s share on %s', (platform) => {
  test('that is used up is told with the time, and who wants to be is reminded', async () => {
    await using chat = await openAnyChat(platform, {
      ...{ limits: { ...defaultLimits, creditsPerHour: 0.01 }, speed: 2000 },
    });
    const { ann, bo, answer, edited } = await chat.enter();
    const first = await edited(bo);
    const again = (who: Person) => () => who.press(first, '🎲');
    const refused = await answer(again(bo), /That is enough for this hour[\s\S]*You can go on in \d+ /);
    await answer(() => bo.press(refused, '⏰'), /I will tell you in \d+ minute|You can go on now/);
    await answer(again(ann), picture(2)); // everybody has a share of their own
  });
});
