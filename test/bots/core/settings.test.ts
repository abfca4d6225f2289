import { describe, expect, test } from 'vitest';
import { buttonCode } from '../../../src/bots/core/platform.ts';
import { solidPng } from '../../support/jobs.ts';
import { halfMask } from '../../support/running-bot.ts';
import { openTestChat } from '../../support/test-chat.ts';
import { ann, bo, buttonsOf, room, wordsOf } from '../../support/test-platform.ts';
import { admin, ask, command, newestNode } from './house-hands.ts';

describe('settings', () => {
  test('of system, server, channel, person, preset and command win in this order, key by key', async () => {
    await using chat = await openTestChat();
    const { settings, presets } = chat.storage;
    const [group, place] = ['d:1152921504606846977', room];
    const layers = [
      ['system', '*', { steps: 11, cfgScale: 11, clipSkip: 2, eta: 0.1, maskBlur: 11 }],
      ['server', group, { steps: 12, cfgScale: 12, clipSkip: 3, eta: 0.2 }],
      ['channel', place, { steps: 13, cfgScale: 13, clipSkip: 4 }],
      ['user', ann.id, { steps: 14, cfgScale: 14 }],
    ] as const;
    for (const [scope, owner, params] of layers) {
      for (const [key, value] of Object.entries(params)) await settings.set({ scope, owner, key, value });
    }
    await presets.save({ scope: 'user', owner: ann.id, name: 'mine', content: { params: { steps: 15 } } });
    await ask(chat, ann, 'a red hat', { preset: 'mine' });
    await chat.result(room);
    const [row] = await chat.storage.lineage.nodes((await newestNode(chat)).lineage, 1, 1);
    expect(row?.task?.request.params).toMatchObject({ steps: 15, cfgScale: 14, clipSkip: 4, eta: 0.2, maskBlur: 11 });

    await command(chat, ann, 'settings show');
    expect(chat.lastTold()).toContain('steps 14 (you)');
    expect(chat.lastTold()).toContain('clip-skip 4 (channel)');
    expect(chat.lastTold()).toContain('eta 0.2 (server or group)');
    expect(chat.lastTold()).toContain('mask-blur 11 (operator)');

    const calm = { params: { cfgScale: 3, sNoise: 0.9 }, promptPrefix: 'oil painting' };
    await presets.save({ scope: 'server', owner: group, name: 'calm', content: calm });
    await presets.setDefault('server', group, 'calm');
    await presets.save({ scope: 'user', owner: ann.id, name: 'large', content: { params: { steps: 40 } } });
    await presets.setDefault('user', ann.id, 'large', 'upscale');
    await command(chat, ann, 'settings show');
    const shown = chat.lastTold().split('\n');
    for (const line of [
      'preset (any) "calm" (server or group)',
      'preset (upscale) "large" (you)',
      's-noise 0.9 (server or group)',
    ])
      expect(shown).toContain(line);
    for (const line of ['prefix "oil painting" (server or group)', 'cfg 14 (you)', 'steps 14 (you)'])
      expect(shown).toContain(line);
    await command(chat, admin, 'server limits show');
    expect(chat.lastTold().split('\n')).toContain('cfg 13 (channel)');
    const everybody = chat.lastTold();
    for (const line of ['max-steps 150 (default)', 'credits-per-hour 100 (default)', 'retention 30 (default)'])
      expect(everybody.split('\n')).toContain(line);
    for (const own of ['(you)', 'notify', 'private']) expect(everybody).not.toContain(own);
  });

  test('of a language for a server or a channel are what everybody there reads', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, 'server limits set language zh');
    await ask(chat, ann);
    expect(wordsOf((await chat.result(room)).card)).toContain('图生图');
    await command(chat, admin, 'server limits set language en --scope channel');
    await ask(chat, ann);
    expect(wordsOf((await chat.result(room, 1)).card)).toContain('img2img');
  });

  test('that a server caps are lowered, said on the card, and said again after a restart', async () => {
    await using chat = await openTestChat();
    await command(chat, admin, 'server limits set max-steps 60');
    chat.latch.close();
    await ask(chat, ann, 'a red hat', { steps: 150 });
    await chat.until(() => chat.platform.standing(room).some((posted) => wordsOf(posted.card).includes('150→60')));
    await chat.stopBots();
    await chat.startBots();
    chat.latch.open();
    expect(wordsOf((await chat.result(room)).card)).toContain('steps 150→60 (server limit)');
  });

  test('a person may set and reset their own, and a name nobody knows is answered with near ones', async () => {
    await using chat = await openTestChat();
    await command(chat, ann, 'settings set files document');
    await command(chat, ann, 'settings show');
    expect(chat.lastTold()).toContain('files document (you)');
    await command(chat, ann, 'settings reset files');
    await command(chat, ann, 'settings show');
    expect(chat.lastTold()).toContain('files photo (default)');
    await command(chat, ann, 'settings set stpes 3');
    expect(chat.lastTold()).toContain('steps');
    await command(chat, ann, 'settings set max-steps 3');
    expect(chat.lastTold()).toContain('I know no setting "max-steps"');
  });
});

describe('presets', () => {
  test('are saved from a picture, shared on a card, copied by who presses, and used by name', async () => {
    await using chat = await openTestChat();
    await ask(chat, ann, 'a red hat', { steps: 33 });
    await chat.result(room);
    await command(chat, ann, 'preset save calm');
    expect(chat.lastTold()).toContain('"calm" is saved');
    await command(chat, ann, 'preset share calm');
    const card = await chat.until(() => chat.platform.standing(room).find((p) => p.card.title.includes('by @Ann')));
    await chat.platform.press(bo, card, 'Copy');
    expect(chat.lastTold()).toContain('"calm" is saved');
    await chat.platform.say(bo, 'a blue hat --preset calm', { files: [await solidPng(64, 64)] });
    await chat.result(room, 1);
    expect((await newestNode(chat)).task?.request.params).toMatchObject({ steps: 33, prompt: 'a blue hat' });
    const long = '夏日海边的油画风格'.padEnd(32, '画'); // longer than an identifier can be: buttons name it by an id
    for (const does of ['save', 'share']) await command(chat, ann, `preset ${does} ${long}`);
    const named = await chat.until(() => chat.platform.standing(room).find((p) => p.card.title.includes(long)));
    const codes = buttonsOf(named.card).map((button) => buttonCode('1', ':').encode(button));
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(Buffer.byteLength(code)).toBeLessThanOrEqual(64);
    await command(chat, bo, 'preset delete calm');
    await chat.platform.say(bo, 'a blue hat --preset clam', { files: [await solidPng(64, 64)] });
    expect(chat.lastTold()).toContain('I know no preset "clam"');
  });

  test('hold words around every prompt, and may be a channel’s own', async () => {
    await using chat = await openTestChat();
    await ask(chat, admin, 'a red hat', { steps: 7 });
    await chat.result(room);
    await command(chat, admin, 'server preset save oils --scope channel --prefix "oil painting" --suffix "warm light"');
    await command(chat, ann, 'preset show oils');
    expect(chat.lastTold()).toBe(
      'Preset "oils" · channel\nprefix "oil painting"\nsuffix "warm light"\nstrength 0.5 · steps 7',
    );
    await ask(chat, ann, 'a blue hat', { preset: 'oils' });
    await chat.result(room, 1);
    expect((await newestNode(chat)).task?.request.params).toMatchObject({
      prompt: 'oil painting, a blue hat, warm light',
      steps: 7,
    });
    await command(chat, admin, 'server preset default oils edit --scope channel');
    await ask(chat, bo, 'a green hat');
    await chat.result(room, 2);
    expect((await newestNode(chat)).task?.request.params.prompt).toBe('oil painting, a green hat, warm light');
    await command(chat, admin, 'server preset delete oils');
    expect(chat.lastTold()).toContain('I know no preset "oils"'); // the server has none of that name
    await command(chat, admin, 'server preset delete oils --scope channel');
    await ask(chat, bo, 'a green hat');
    await chat.result(room, 3);
    expect((await newestNode(chat)).task?.request.params.prompt).toBe('a green hat');
  });

  test('that come with the program are there for everybody, by either name', async () => {
    await using chat = await openTestChat();
    await chat.platform.say(ann, 'a red hat --preset 强力移除', { files: [await solidPng(64, 64)] });
    await chat.result(room);
    expect((await newestNode(chat)).task?.request.params.maskedContent).toBe('latent nothing');
  });

  test('that are named win over what a command begins with, in a reply, a verb, a drawing and an answer to its card', async () => {
    await using chat = await openTestChat();
    const content = { params: { denoisingStrength: 0.9, steps: 9 } };
    await chat.storage.presets.save({ scope: 'user', owner: ann.id, name: 'bold', content });
    const used = async () => (await newestNode(chat)).task?.request.params;
    await ask(chat, ann, 'a red hat', { preset: 'bold', seed: 7 });
    const first = await chat.result(room);
    expect(await used()).toMatchObject({ denoisingStrength: 0.9, steps: 9 });
    await chat.platform.say(ann, 'a blue hat --preset bold --steps 8', { replyTo: first.id });
    await chat.result(room, 1);
    expect(await used()).toMatchObject({ prompt: 'a blue hat', denoisingStrength: 0.9, steps: 8 });
    await ask(chat, ann, 'a red hat', { strength: 0.3 });
    const weak = await chat.result(room, 2);
    await chat.platform.say(ann, 'again --preset bold', { replyTo: weak.id });
    await chat.result(room, 3);
    expect(await used()).toMatchObject({ prompt: 'a red hat', denoisingStrength: 0.9 });
    const mask = await halfMask();
    await chat.platform.say(ann, 'mask a hat --preset bold', { replyTo: weak.id, files: [mask] });
    await chat.useMask(room);
    await chat.result(room, 4);
    expect(await used()).toMatchObject({ prompt: 'a hat', denoisingStrength: 0.9 });
    await chat.platform.say(ann, 'mask', { replyTo: weak.id, files: [mask] });
    const card = await chat.until(() => chat.platform.standing(room).find((p) => p.card.title.startsWith('Repaint')));
    await chat.platform.say(ann, 'a cap --preset bolt', { replyTo: card.id });
    expect(chat.lastTold()).toContain('I know no preset "bolt"');
    await chat.platform.say(ann, 'a cap --preset bold', { replyTo: card.id });
    await chat.result(room, 5);
    expect(await used()).toMatchObject({ prompt: 'a cap', denoisingStrength: 0.9 });
  });

  test('of one’s own that count without being named win over what a command begins with', async () => {
    await using chat = await openTestChat();
    await command(chat, ann, 'settings set strength 0.6');
    await ask(chat);
    await chat.result(room);
    expect((await newestNode(chat)).task?.request.params.denoisingStrength).toBe(0.6);
  });

  test('end at twenty-five', async () => {
    await using chat = await openTestChat();
    await ask(chat);
    await chat.result(room);
    for (let i = 0; i < 25; i++) {
      await chat.storage.presets.save({ scope: 'user', owner: ann.id, name: `p${i}`, content: { params: {} } });
    }
    await command(chat, ann, 'preset save another');
    expect(chat.lastTold()).toContain('25 presets are the limit');
    await command(chat, ann, 'preset save p3');
    expect(chat.lastTold()).toContain('"p3" is saved');
  });
});
