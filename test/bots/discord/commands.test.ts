import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Command, commandList, pictureMenu, type Suggestions } from '../../../src/bots/core/index.ts';
import { registeredCommands } from '../../../src/bots/discord/commands.ts';
import { openDiscord } from '../../../src/bots/discord/discord.ts';
import { silentLog } from '../../../src/log.ts';
import { checkCommands, commandSize } from '../../support/discord-stand-in/commands.ts';
import { asArray, asObject, asText, type Json, type JsonObject } from '../../support/discord-stand-in/json.ts';
import { solidPng } from '../../support/jobs.ts';
import { fit, patience } from '../../support/running-bot.ts';
import { openAdapter } from './adapter.ts';
import { isResult, openChat } from './chat.ts';

const commands = registeredCommands() as unknown as readonly (JsonObject & {
  name: string;
  options?: readonly (JsonObject & { name: string })[];
})[];
const number = { name: 'count', about: { en: 'Count', zh: '数量' } } as const;
const option = (command: string, name: string) =>
  commands.find((one) => one.name === command)?.options?.find((one) => one.name === name);

describe('registered commands', () => {
  test('keep every limit, and are the commands there are', () => {
    expect(checkCommands(commands)).toHaveLength(commandList.length + pictureMenu.length);
    expect(commands.map(({ name }) => name)).toEqual([...commandList, ...pictureMenu].map(({ name }) => name));
  });

  test('offer options as the parameter table has them', () => {
    expect(option('edit', 'prompt')).toMatchObject({ type: 3, required: true, max_length: 1500 });
    expect(option('edit', 'strength')).toMatchObject({ type: 10, min_value: 0, max_value: 1 });
    expect(option('edit', 'steps')).toMatchObject({ type: 4, min_value: 1, max_value: 150 });
    expect(option('edit', 'image')).toMatchObject({ type: 11 });
    expect(option('edit', 'sampler')).toMatchObject({ type: 3, autocomplete: true });
    expect(option('inpaint', 'soft')).toMatchObject({ type: 5 });
    expect(option('inpaint', 'expand')).toMatchObject({ type: 4, min_value: -64, max_value: 64 });
    expect(option('inpaint', 'fill')?.choices).toEqual([
      { name: 'fill', value: 'fill', name_localizations: { 'zh-CN': '填充', 'zh-TW': '填充' } },
      { name: 'original', value: 'original', name_localizations: { 'zh-CN': '原版', 'zh-TW': '原版' } },
      {
        name: 'latent noise',
        value: 'latent noise',
        name_localizations: { 'zh-CN': '潜空间噪声', 'zh-TW': '潛空間噪聲' },
      },
      {
        name: 'latent nothing',
        value: 'latent nothing',
        name_localizations: { 'zh-CN': '空白潜空间', 'zh-TW': '空白潛空間' },
      },
    ]);
  });

  test('can have subcommands, alone and in groups, and be for managers only', () => {
    const sub = (name: string, options: Command['options'] = []) => ({
      ...{ name, nameZh: name, about: { en: 'About', zh: '关于' }, options },
    });
    const words = { ...sub('words'), subcommands: [sub('add', [{ ...number, kind: 'integer', min: 0, max: 9 }])] };
    const [server] = registeredCommands([
      { ...sub('server'), subcommands: [sub('show'), words], managers: true },
    ]) as unknown as JsonObject[];
    expect(checkCommands([server!])).toHaveLength(1);
    expect(server).toMatchObject({
      ...{ integration_types: [0], contexts: [0], default_member_permissions: '32' },
      options: [
        { type: 1, name: 'show' },
        {
          type: 2,
          name: 'words',
          options: [{ type: 1, name: 'add', options: [{ type: 4, name: 'count', max_value: 9 }] }],
        },
      ],
    });
  });

  test('offer what each command is for, in order; what nobody can do yet is not among it', () => {
    const optionsOf = (command: string) =>
      commands
        .find(({ name }) => name === command)
        ?.options?.map(({ name }) => name)
        .join(' ');
    expect(optionsOf('edit')).toBe(
      'prompt image link strength negative preset model resize size sampler scheduler steps cfg seed count sketch script advanced private',
    );
    expect(optionsOf('inpaint')).toBe(
      'image link mask prompt negative strength fill area padding mask-blur mask-mode expand soft model preset sampler scheduler steps cfg seed size count advanced private',
    );
    expect(optionsOf('sketch')).toBe(
      'prompt image link sketch mode mask-alpha mask-blur strength soft preset seed count advanced private',
    );
    expect(optionsOf('outpaint')).toBe(
      'image link direction pixels method to-ratio prompt mask-blur falloff color-variation fill strength preset seed advanced private',
    );
    expect(optionsOf('upscale')).toBe(
      'image link factor method upscaler strength tile-overlap prompt preset color-correction exact-steps seed advanced private',
    );
    expect(optionsOf('remove')).toBe('target image link mask prompt fill strength expand advanced private');
    const valuesOf = (command: string, name: string) =>
      asArray(option(command, name)?.choices as Json | undefined)
        .map((choice) => asText(asObject(choice).value))
        .join(' ');
    expect(valuesOf('outpaint', 'direction')).toBe('all left right up down horizontal vertical');
    expect(valuesOf('upscale', 'method')).toBe('extras img2img sd-upscale');
    expect(option('edit', 'count')).toMatchObject({ min_value: 1, max_value: 4 });
    expect(option('upscale', 'factor')).toMatchObject({ type: 10, min_value: 1, max_value: 4 });
    const hidden = ['detail', 'canvas', 'Open in canvas'];
    expect(commands.filter(({ name }) => hidden.includes(name))).toEqual([]);
  });

  test('fit: the largest takes less than 8000 characters in its longest language', () => {
    const sizes = commands.map((command) => commandSize(command));
    expect(Math.max(...sizes)).toBeLessThan(8000);
    for (const [command, name] of [
      ['edit', 'preset'],
      ['inpaint', 'preset'],
      ['sketch', 'preset'],
      ['outpaint', 'preset'],
      ['upscale', 'preset'],
      ['compare', 'a'],
    ] as const)
      expect(option(command, name)).toMatchObject({ autocomplete: true });
  });

  test('speak Chinese to Chinese clients', () => {
    for (const command of commands) {
      expect(command.name_localizations).toHaveProperty('zh-CN');
      for (const holder of [command, ...(command.options ?? [])])
        if (holder.description) expect(holder.description_localizations).toHaveProperty('zh-TW');
    }
  });

  test('are registered once, and again only when they or their place change', async () => {
    await using bot = await openAdapter();
    const { api: apiRoot, token, guild } = bot.dc;
    const puts = () => bot.dc.calls('PUT', /commands$/).map(({ what }) => what.split('/v10')[1]);
    expect(puts()).toHaveLength(1);
    const dataDir = bot.dataDir;
    await expect.poll(() => readdir(dataDir), patience).toEqual(['discord-commands']);
    const startAgain = async (guildId?: string) => {
      const blobs = { get: async () => new Uint8Array() };
      await using again = openDiscord({ token, apiRoot, dataDir, guildId, blobs, fit, log: silentLog });
      const identified = bot.dc.gateway.identified.count;
      await again.start(async () => {});
      await expect.poll(() => bot.dc.gateway.identified.count, patience).toBe(identified + 1);
    };
    await startAgain();
    await startAgain(guild.id);
    await expect.poll(() => puts().length, patience).toBe(2);
    expect(puts()[1]).toContain(`/guilds/${guild.id}/commands`);
  });
});

test('suggestions reach whoever types, from what is known of them and their place', async () => {
  const asked: unknown[] = [];
  const of: Suggestions['of'] = async (source, typed, { user, place }) => {
    asked.push([source, typed, user, place]);
    return [{ name: 'dreamy', value: 'dreamy' }];
  };
  await using bot = await openAdapter({ suggestions: { of } });
  const ann = bot.dc.user('Ann');
  const typing = bot.dc.autocomplete(ann, 'edit', { options: { model: 'drm' }, focused: 'model' });
  expect((await typing.answered()).choices).toEqual([{ name: 'dreamy', value: 'dreamy' }]);
  expect(asked).toEqual([['model', 'drm', `discord:${ann.id}`, bot.place]]);
});

test('of more models than fit, under names longer than fit, some are offered; what is chosen or typed is painted with', async () => {
  const entry = (name: string, at: number) => ({
    ...{ name, hash: `${at}`.padStart(10, '0'), family: 'sd1' as const, nativeSize: 64 },
  });
  const long = `${'很长的名字'.repeat(30)}`;
  const checkpoints = Array.from({ length: 40 }, (_, at) => entry(at < 30 ? `model-${at}` : `${long}${at}`, at));
  await using chat = await openChat({ catalog: { checkpoints } });
  const { dc } = chat;
  const ann = dc.user('Ann');
  const offered = async (typed: string) =>
    (await dc.autocomplete(ann, 'edit', { options: { model: typed }, focused: 'model' }).answered()).choices ?? [];
  expect(await offered('')).toHaveLength(25);
  const [chosen, ...others] = await offered(`${long.slice(0, 20)}`);
  expect(others.length).toBeGreaterThan(5);
  const image = { name: 'black.png', bytes: await solidPng(64, 64, '#000000') };
  const paintedWith = async (model: string, number: number) => {
    dc.slash(ann, 'edit', { prompt: `with ${number}`, image, model });
    const result = await dc.waitCard(
      (seen) => isResult(1)(seen) && seen.text.includes(`"with ${number}"`),
      patience.timeout,
    );
    return (await chat.nodeOf(result)).task!.request.params.checkpoint;
  };
  expect(await paintedWith(String(chosen!.value), 1)).toContain(long);
  expect(await paintedWith('MODEL-7', 2)).toBe('model-7'); // typed, not chosen
  dc.slash(ann, 'edit', { prompt: 'x', image, model: 'modle-12' });
  const refused = await dc.waitCard(
    ({ onlyFor, text }) => onlyFor === 'Ann' && text.includes('modle-12'),
    patience.timeout,
  );
  expect(refused.buttons.map(({ label }) => label)).toContain('model-12');
});
