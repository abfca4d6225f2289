import { once } from 'node:events';
import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  Client,
  type DiscordAPIError,
  Events,
  GatewayIntentBits,
  type Interaction,
  type Message,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  Partials,
  REST,
  Routes,
  type TextChannel,
} from 'discord.js';
import { describe, expect, test } from 'vitest';
import { asObject, type JsonObject } from './json.ts';
import { type DiscordStandIn, openDiscordStandIn, type StandInOptions } from './stand-in.ts';
import { permissions } from './world.ts';

const picture = {
  name: 'cat.png',
  bytes: Buffer.from('89504e470d0a1a0a0000000d49484452000000400000002008020000', 'hex'),
};

/** The real client library, logged in. */
async function openClient(dc: DiscordStandIn) {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
    partials: [Partials.Channel, Partials.Message],
    rest: { api: dc.api, cdn: dc.cdn, mediaProxy: dc.cdn, retries: 1 },
  });
  const ready = once(client, Events.ClientReady);
  await client.login(dc.token);
  await ready;
  return { client, [Symbol.asyncDispose]: () => client.destroy() };
}

async function open(options: StandInOptions = {}) {
  const dc = await openDiscordStandIn(options);
  const { client } = await openClient(dc);
  const channel = (await client.channels.fetch(dc.channel.id)) as TextChannel;
  const close = async () => {
    await client.destroy();
    await dc[Symbol.asyncDispose]();
  };
  return { dc, client, channel, [Symbol.asyncDispose]: close };
}

/** The next interaction of a kind; the listener stands before the person acts. */
async function next<T extends Interaction>(client: Client, doing: () => unknown): Promise<T> {
  const [interaction] = await Promise.all([once(client, Events.InteractionCreate), doing()]);
  return interaction[0] as T;
}

async function nextMessage(client: Client, doing: () => unknown): Promise<Message> {
  const [message] = await Promise.all([once(client, Events.MessageCreate), doing()]);
  return message[0] as Message;
}

const registerEdit = (client: Client) =>
  client.application?.commands.set([
    {
      name: 'edit',
      description: 'Edit a picture',
      options: [
        { type: 3, name: 'prompt', description: 'What', required: true },
        { type: 11, name: 'image', description: 'Picture' },
      ],
    },
  ]);

const card = (text: string, file: string): JsonObject => ({
  type: 17,
  components: [
    { type: 10, content: text },
    { type: 12, items: [{ media: { url: `attachment://${file}` }, description: 'a cat' }] },
    { type: 1, components: [{ type: 2, style: 1, label: 'Again', custom_id: 'p1|ag|0123456789|' }] },
  ],
});

describe('the Discord stand-in and the real client library', () => {
  test('a person writes, the bot answers with pictures and buttons, and a press changes the card', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    const ann = dc.user('Ann');
    const asked = await nextMessage(client, () => dc.message(ann, '@Palimpsest hello', { files: [picture] }));
    expect(BigInt(asked.id)).toBeGreaterThan(2n ** 53n);
    expect(asked.content).toBe(`<@${dc.applicationId}> hello`);
    const bytes = await fetch(asked.attachments.first()!.url).then((response) => response.arrayBuffer());
    expect(Buffer.from(bytes).equals(picture.bytes)).toBe(true);

    const [first] = [card('done', 'result.png')];
    await asked.reply({
      flags: MessageFlags.IsComponentsV2,
      components: [first as never],
      files: [{ attachment: picture.bytes, name: 'result.png' }],
    });
    const seen = await dc.waitCard((message) => message.text.includes('done'));
    expect(seen).toMatchObject({ byBot: true, replyTo: asked.id, buttons: [{ label: 'Again', disabled: false }] });
    expect(seen.pictures).toMatchObject([{ name: 'result.png', description: 'a cat', spoiler: false }]);

    const pressed = await next<ButtonInteraction>(client, () => dc.button(ann, seen, 'Again'));
    expect(pressed.customId).toBe('p1|ag|0123456789|');
    await pressed.update({ components: [{ type: 10, content: 'again' } as never], attachments: [] });
    expect(dc.messages().at(-1)).toMatchObject({ text: 'again', pictures: [], edited: true });
    expect(dc.view(ann)).toContain('Palimpsest (edited, reply):\n  again');
    expect(bot.dc.gateway.identified.intents).toBe(4609);
  });

  test('a slash command with a picture is deferred, then answered in the whispered message', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    await registerEdit(client);
    const ann = dc.user('Ann', { locale: 'zh-CN' });
    const doing = next<ChatInputCommandInteraction>(client, () =>
      dc.slash(ann, 'edit', { prompt: 'hat', image: picture }),
    );
    const command = await doing;
    expect(command.locale).toBe('zh-CN');
    expect(command.options.getString('prompt')).toBe('hat');
    expect(command.options.getAttachment('image')).toMatchObject({ name: 'cat.png', width: 64, height: 32 });
    await command.deferReply({ flags: MessageFlags.Ephemeral });
    await command.editReply('queued');
    expect(dc.messages()).toMatchObject([{ text: 'queued', onlyFor: 'Ann', loading: false }]);
    expect(dc.view(dc.user('Bo'))).toBe('');
    await command.deleteReply();
    expect(dc.messages()).toEqual([]);
  });

  test('a modal opened by a button comes back filled in', async () => {
    await using bot = await open();
    const { dc, client, channel } = bot;
    const ann = dc.user('Ann');
    const row = { type: 1, components: [{ type: 2, style: 1, label: 'Edit', custom_id: 'p1|ed|0123456789|' }] };
    await channel.send({ content: 'card', components: [row] });
    const seen = await dc.waitCard((message) => message.text === 'card');
    const [pressed, opened] = await Promise.all([once(client, Events.InteractionCreate), dc.button(ann, seen, 'Edit')]);
    const input = { type: 4, custom_id: 'prompt', style: 2, value: 'a cat', required: true };
    const upload = { type: 19, custom_id: 'mask', required: false };
    const label = (text: string, component: object) => ({ type: 18, label: text, component });
    const modal = {
      title: 'Edit',
      custom_id: 'p1|ed|0123456789|',
      components: [label('Prompt', input), label('Mask', upload)],
    };
    await (pressed[0] as ButtonInteraction).showModal(modal as never);
    await opened.answered();
    const sent = await next<ModalSubmitInteraction>(client, () =>
      dc.modal(opened, { Prompt: 'a dog', Mask: [picture] }),
    );
    expect(sent.fields.getTextInputValue('prompt')).toBe('a dog');
    expect(sent.fields.getUploadedFiles('mask')?.first()?.name).toBe('cat.png');
    await expect(sent.deferReply({ flags: MessageFlags.Ephemeral })).resolves.toBeDefined();
  });

  test('bodies against the rules are refused with the place of the mistake', async () => {
    await using bot = await open();
    const { channel } = bot;
    const button = (id: string, label = 'x') => ({ type: 2, style: 1, label, custom_id: id });
    const refused = async (components: readonly object[], flags = 0) =>
      channel.send({ content: flags ? '' : 'x', components: components as never, flags: flags as never }).then(
        () => null,
        (error: DiscordAPIError) => [error.code, Object.keys(asObject(asObject(error.rawError as never).errors))],
      );
    expect(await refused([{ type: 1, components: [button('a'), button('a')] }])).toEqual([50035, ['components']]);
    expect(await refused([{ type: 1, components: [button('a', 'x'.repeat(81))] }])).toEqual([50035, ['components']]);
    const marked = (name: string) => refused([{ type: 1, components: [{ ...button('a'), emoji: { name } }] }]);
    expect([await marked('🎲'), await marked('✏️'), await marked('⊕')]).toEqual([null, null, [50035, ['components']]]);
    expect(await refused([card('x', 'missing.png')], MessageFlags.IsComponentsV2)).toEqual([50035, ['components']]);
    expect(await refused([{ type: 10, content: 'x'.repeat(4001) }], MessageFlags.IsComponentsV2)).toEqual([
      50035,
      ['components'],
    ]);
    expect(await refused([{ type: 10, content: 'x' }])).toEqual([50035, ['components']]);
  });

  test('what the bot may not see comes empty', async () => {
    await using bot = await open();
    const { dc, client, channel } = bot;
    const ann = dc.user('Ann');
    await channel.send('card');
    const ours = await dc.waitCard((message) => message.text === 'card');
    const heard = async (more: Parameters<typeof dc.message>[2]) =>
      (await nextMessage(client, () => dc.message(ann, 'red hat', more))).content;
    expect(await heard({})).toBe('');
    expect(await heard({ replyTo: ours, ping: false })).toBe('');
    expect(await heard({ replyTo: ours })).toBe('red hat');
    expect(await heard({ channel: dc.privately(ann) })).toBe('red hat');
  });

  test('late and second answers, old tokens and repeated nonces are treated as on the platform', async () => {
    await using bot = await open();
    const { dc, client, channel } = bot;
    await registerEdit(client);
    const ann = dc.user('Ann');
    const late = await next<ChatInputCommandInteraction>(client, () => dc.slash(ann, 'edit', { prompt: 'x' }));
    dc.clock.advance(3100);
    await expect(late.deferReply()).rejects.toMatchObject({ code: 10062 });
    const command = await next<ChatInputCommandInteraction>(client, () => dc.slash(ann, 'edit', { prompt: 'x' }));
    await command.deferReply();
    await expect(
      client.rest.post(`/interactions/${command.id}/${command.token}/callback`, { body: { type: 5 }, auth: false }),
    ).rejects.toMatchObject({ code: 40060 });
    dc.clock.advance(15 * 60 * 1000);
    await expect(command.editReply('x')).rejects.toMatchObject({ code: 50027 });
    const once = await channel.send({ content: 'a', nonce: 'n1', enforceNonce: true });
    const again = await channel.send({ content: 'a', nonce: 'n1', enforceNonce: true });
    expect(again.id).toBe(once.id);
  });

  test('permissions, closed private messages and sizes are refused as on the platform', async () => {
    await using bot = await open({ uploadLimit: 100 });
    const { dc, client, channel } = bot;
    const shy = dc.user('Shy', { dmClosed: true });
    await expect(client.users.send(shy.id, 'x')).rejects.toMatchObject({ code: 50007 });
    await expect(channel.send({ files: [{ attachment: Buffer.alloc(101), name: 'x.png' }] })).rejects.toMatchObject({
      code: 40005,
      status: 413,
    });
    dc.deny(dc.channel, permissions.attachFiles);
    await expect(channel.send({ files: [{ attachment: Buffer.alloc(1), name: 'x.png' }] })).rejects.toMatchObject({
      code: 50013,
    });
    dc.deny(dc.channel, permissions.viewChannel);
    await expect(channel.send('x')).rejects.toMatchObject({ code: 50001 });
  });

  test('limits of a channel and of everything are waited for by the library', async () => {
    await using bot = await open({ messageBucket: { limit: 2, windowMs: 300 } });
    const { dc, client, channel } = bot;
    const limited: unknown[] = [];
    client.rest.on('rateLimited', (info) => limited.push(info));
    await Promise.all(['a', 'b', 'c'].map((text) => channel.send(text)));
    expect(dc.messages().map((message) => message.text)).toEqual(['a', 'b', 'c']);
    dc.fail({ method: 'POST', mishap: { kind: 'limit', waitMs: 250, scope: 'global' } });
    await channel.send('d');
    expect(limited.length).toBeGreaterThan(1);
  });

  test('suggestions, menus and a server the bot never joined reach the library as it expects them', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    const option = { type: 3, name: 'model', description: 'Model', autocomplete: true };
    const edit = { name: 'edit', description: 'Edit a picture', options: [option] } as const;
    await client.application!.commands.set([edit, { type: 3, name: 'Edit image' }]);
    const ann = dc.user('Ann');
    const typing = dc.autocomplete(ann, 'edit', { options: { model: 'sd' }, focused: 'model' });
    const [asked] = (await once(client, Events.InteractionCreate)) as [AutocompleteInteraction];
    expect(asked.options.getFocused(true)).toMatchObject({ name: 'model', value: 'sd' });
    await asked.respond([{ name: 'sd 1.5', value: 'm:1' }]);
    expect((await typing.answered()).choices).toEqual([{ name: 'sd 1.5', value: 'm:1' }]);

    const channel = dc.addChannel('elsewhere', { guild: dc.addGuild('Foreign', { joined: false }) });
    const target = dc.message(dc.user('Bo'), 'look', { channel, files: [picture] });
    const menu = await next<MessageContextMenuCommandInteraction>(client, () =>
      dc.context(ann, 'Edit image', target, { channel }),
    );
    expect(menu.inRawGuild()).toBe(true);
    expect(menu.targetMessage.attachments.first()?.name).toBe('cat.png');
    await menu.deferReply();
    await menu.editReply('first');
    for (const n of [1, 2, 3, 4, 5]) await menu.followUp(`more ${n}`);
    await expect(menu.followUp('too many')).rejects.toMatchObject({ code: 40094 });
  });

  test('links to files expire, break and lie when told to', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    const heard = await nextMessage(client, () => dc.message(dc.user('Ann'), '@Palimpsest', { files: [picture] }));
    const { url } = heard.attachments.first()!;
    dc.fail({ path: /^\/cdn/, mishap: { kind: 'bytes', how: 'corrupt' } });
    const corrupt = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(corrupt.length).toBe(picture.bytes.length);
    dc.fail({ path: /^\/cdn/, mishap: { kind: 'bytes', how: 'partial' } });
    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow();
    dc.clock.advance(25 * 60 * 60 * 1000);
    expect((await fetch(url)).status).toBe(404);
  });

  test('a broken connection is resumed and nothing is missed', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    const ann = dc.user('Ann');
    const resumed = once(client, Events.ShardResume);
    dc.gateway.askToReconnect();
    const heard = nextMessage(client, () => dc.message(ann, '@Palimpsest still there?'));
    await resumed;
    expect((await heard).content).toContain('still there?');
    expect(dc.gateway.identified).toMatchObject({ count: 1, resumed: 1 });
  });

  test('a connection that stopped answering is given up by the client and resumed', async () => {
    await using dc = await openDiscordStandIn();
    dc.gateway.heartbeatMs = 150;
    await using held = await openClient(dc);
    dc.gateway.acknowledges = false;
    await once(held.client, Events.ShardReconnecting);
    dc.gateway.acknowledges = true;
    await once(held.client, Events.ShardResume);
    expect(dc.gateway.identified.resumed).toBeGreaterThan(0);
  });

  test('a broken line, a repeated dispatch and privileged intents are as on the platform', async () => {
    await using bot = await open();
    const { dc, client } = bot;
    const resumed = once(client, Events.ShardResume);
    dc.gateway.close();
    await resumed;
    await registerEdit(client);
    const heard: string[] = [];
    client.on(Events.InteractionCreate, ({ id }) => heard.push(id)); // messages come once: the library drops the second
    dc.gateway.duplicateNext('INTERACTION_CREATE');
    const { id } = dc.slash(dc.user('Ann'), 'edit', { prompt: 'x' });
    await expect.poll(() => heard).toEqual([id, id]);
    const curious = new Client({ intents: [GatewayIntentBits.MessageContent], rest: { api: dc.api } });
    await expect(curious.login(dc.token)).rejects.toThrow(/intents/i);
    await curious.destroy();
  });

  test('a process without a gateway can deliver', async () => {
    await using dc = await openDiscordStandIn();
    const rest = new REST({ api: dc.api }).setToken(dc.token);
    await rest.post(Routes.channelMessages(dc.channel.id), { body: { content: 'from a worker' } });
    await rest.patch(Routes.channelMessage(dc.channel.id, dc.messages()[0]!.id), { body: { content: 'edited' } });
    expect(dc.messages()).toMatchObject([{ text: 'edited', byBot: true, interaction: null }]);
    await expect(rest.patch(Routes.channelMessage(dc.channel.id, '1'), { body: {} })).rejects.toMatchObject({
      code: 10008,
    });
  });

  test('a bad token is refused at the gateway door', async () => {
    await using dc = await openDiscordStandIn();
    const client = new Client({ intents: [], rest: { api: dc.api } });
    await expect(client.login('bad.bad.bad')).rejects.toThrow();
    await client.destroy();
  });

  test('ordered trouble happens once, and unexpected calls fail the test that made them', async () => {
    await using bot = await open();
    const { dc, channel, client } = bot;
    dc.fail({ method: 'POST', path: /messages$/, mishap: { kind: 'status', status: 500 } });
    await channel.send('after a retry');
    dc.fail({ method: 'POST', path: /messages$/, mishap: { kind: 'drop', when: 'after' } });
    await expect(channel.send('stored, but nobody knows')).rejects.toThrow();
    expect(dc.messages().map((message) => message.text)).toEqual(['after a retry', 'stored, but nobody knows']);
    await expect(client.rest.get('/stickers/1')).rejects.toThrow();
    expect(dc.violations).toEqual(['unexpected call: GET /api/v10/stickers/1']);
    dc.violations.length = 0;
  });
});
