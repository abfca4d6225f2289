import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { guildJson, threadJson } from '../../support/discord-stand-in/wire.ts';
import { permissions } from '../../support/discord-stand-in/world.ts';
import { solidPng } from '../../support/jobs.ts';
import { patience } from '../../support/running-bot.ts';
import { isResult } from './chat.ts';
import { black, chat, edited, further, newest, openHands, paramsOf, somebody, told } from './hands.ts';

openHands();

describe('places the bot has less rights in', () => {
  test('a server it never joined is served through the interaction, for everybody to see', async () => {
    const { dc } = chat;
    const ann = {
      user: dc.user('Guest'),
      channel: dc.addChannel('far', { guild: dc.addGuild('Far', { joined: false }) }),
    };
    dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
    const result = await newest(ann, isResult(1));
    expect(result).toMatchObject({ onlyFor: null });
    expect(result.interaction).not.toBeNull();
    dc.button(ann.user, result, 'Again');
    await newest(ann, isResult(2));
    dc.slash(ann.user, 'edit', { prompt: 'x', advanced: 'nonsense' }, ann);
    await told(ann, /nonsense/);
    await expect.poll(() => dc.messages(ann).filter(({ loading }) => loading), patience).toEqual([]);
    expect(dc.calls('POST', new RegExp(`/channels/${ann.channel.id}/messages`))).toEqual([]);
  });

  test('people among themselves are served through the interaction too, for whoever is there to see', async () => {
    const { dc } = chat;
    const ann = { user: dc.user('Friend'), channel: dc.addChannel('us two', { type: 3 }) };
    dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
    const result = await newest(ann, isResult(1));
    expect(result).toMatchObject({ onlyFor: null, interaction: expect.any(String) });
    dc.button(ann.user, result, 'Again');
    await newest(ann, isResult(2));
    expect(dc.calls('POST', new RegExp(`/channels/${ann.channel.id}/messages`))).toEqual([]);
  });

  test('a server it never joined is answered there again, however often an answer came too late for that', async () => {
    const { dc, latch } = chat;
    const channel = dc.addChannel('late', { guild: dc.addGuild('Late', { joined: false }) });
    const ann = { user: dc.user('Late'), channel };
    const alone = { user: ann.user, channel: dc.privately(ann.user) };
    for (const times of [1, 2, 3]) {
      latch.close();
      dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
      await expect.poll(() => dc.messages(ann).filter(({ text }) => text.includes('⏳')), patience).toHaveLength(times);
      dc.clock.advance(15 * 60 * 1000);
      latch.open();
      const sent = () => dc.messages(alone).filter(({ text }) => text.startsWith('**#1 · '));
      await expect.poll(sent, patience).toHaveLength(times);
    }
    dc.slash(ann.user, 'edit', { prompt: 'a blue hat', image: black }, ann);
    await newest(ann, isResult(1));
    expect(dc.calls('POST', new RegExp(`/channels/${channel.id}/messages`))).toEqual([]);
  });

  test('missing permissions are named to whoever asked', async () => {
    const ann = somebody();
    chat.dc.deny(ann.channel, permissions.attachFiles | permissions.sendMessages);
    chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
    expect((await told(ann, /⚠/)).text).toContain('Send Messages, Attach Files');
    chat.dc.slash(ann.user, 'help', {}, ann);
    await told(ann, /Palimpsest/);
  });

  test('a result that cannot be posted any more goes to the private messages of whoever asked', async () => {
    const ann = somebody();
    chat.latch.close();
    chat.dc.slash(ann.user, 'edit', { prompt: 'a red hat', image: black }, ann);
    await newest(ann, ({ buttons }) => buttons.length === 1);
    chat.dc.deny(ann.channel, permissions.viewChannel);
    chat.dc.clock.advance(15 * 60 * 1000);
    chat.latch.open();
    const channel = chat.dc.privately(ann.user);
    const sent = await newest({ user: ann.user, channel }, ({ text }) => text.startsWith('**#1 · '));
    expect(sent).toMatchObject({ pictures: [{}], buttons: [] });
  });

  test('a reply needs a right of its own: without it the result stands alone', async () => {
    const ann = somebody();
    chat.dc.deny(ann.channel, permissions.readMessageHistory);
    chat.dc.message(ann.user, '@Palimpsest a red hat', { ...ann, files: [black] });
    expect((await newest(ann, isResult(1))).replyTo).toBeNull();
  });
});

test('a role that is needed is seen whether people press, reply or command', async () => {
  const { dc } = chat;
  const guild = dc.addGuild('Painters only');
  const channel = dc.addChannel('studio', { guild });
  dc.gateway.dispatch('GUILD_CREATE', guildJson(dc.world, guild), channel);
  const painter = '1180000000000000007';
  const mod = { user: dc.user('Mod', { permissions: permissions.manageGuild }), channel };
  const [ann, bo] = [
    { user: dc.user('Painter', { roles: [painter] }), channel },
    { user: dc.user('Guest'), channel },
  ];
  dc.slash(mod.user, 'server limits set', { name: 'roles', value: painter }, mod);
  await told(mod, /Done/);
  const { result } = await edited(ann);
  dc.message(ann.user, 'make it blue', { ...ann, replyTo: result });
  await newest(ann, isResult(2));
  dc.button(ann.user, result, 'Again');
  await newest(ann, isResult(3));
  dc.button(bo.user, result, 'Again');
  await told(bo, /⚠[\s\S]*role/);
  dc.message(bo.user, 'make it green', { ...bo, replyTo: result });
  await newest(bo, ({ onlyFor, text }) => onlyFor === null && /⚠[\s\S]*role/.test(text));
});

test('a click that is delivered twice counts once', async () => {
  const ann = somebody();
  const { result } = await edited(ann);
  chat.dc.gateway.duplicateNext('INTERACTION_CREATE');
  chat.dc.button(ann.user, result, 'Again');
  await newest(ann, isResult(2));
  chat.dc.gateway.duplicateNext('INTERACTION_CREATE');
  expect((await chat.dc.button(ann.user, result, 'Edit…').answered()).callbackType).toBe(9);
  chat.dc.gateway.duplicateNext('MESSAGE_CREATE');
  chat.dc.message(ann.user, 'make it blue', { ...ann, replyTo: result });
  await newest(ann, isResult(3));
  chat.dc.button(ann.user, result, 'Less');
  const last = await newest(ann, isResult(4));
  const lineage = (await chat.nodeOf(last)).lineage;
  expect(await chat.storage.lineage.nodes(lineage, 0, 100)).toHaveLength(5);
});

describe('a history', () => {
  test('is branched, shown with a list to jump by, compared, and asks where redo is ambiguous', async () => {
    const ann = somebody();
    const { result } = await edited(ann);
    chat.dc.button(ann.user, result, 'Less');
    const second = await newest(ann, isResult(2));
    const panel = await further(ann, second);
    const pressed = chat.dc.button(ann.user, panel, 'Branch…');
    await pressed.answered();
    expect(pressed.callbackType).toBe(9);
    chat.dc.modal(pressed, { name: 'crown' });
    await newest(ann, ({ text }) => text.includes('The branch "crown" begins here.'));
    chat.dc.button(ann.user, panel, 'History');
    const history = await told(ann, /^\*\*History · 3 pictures/);
    expect(history.text).toMatch(/└─ \\?#2 a little weaker .* ◀ crown, main/);
    chat.dc.button(ann.user, history, 'Thumbnails');
    await newest(ann, ({ id, pictures }) => id === history.id && pictures[0]?.name === 'history.webp');
    chat.dc.button(ann.user, second, 'Compare');
    const compared = await newest(ann, ({ text }) => text.startsWith('**#0 and #2'));
    expect((await sharp(compared.pictures[0]!.bytes).metadata()).format).toBe('png');
    chat.dc.button(ann.user, second, 'Undo');
    const root = await newest(ann, ({ text }) => text.includes('#0 is the current picture'));
    chat.dc.button(chat.dc.user('Bo'), root, 'Redo');
    const which = await newest(ann, ({ text }) => text.includes('Several pictures come next'));
    expect(which.buttons.map(({ label }) => label.replace(/^\S+ /, ''))).toEqual(['#2 a red hat', '#1 a red hat']);
  });

  test('is locked, and somebody else forks or asks; a vote is taken where the place wants one', async () => {
    const ann = somebody();
    const bo = { ...ann, user: chat.dc.user('Bo') };
    const { result } = await edited(ann);
    chat.dc.button(ann.user, await further(ann, result), 'Lock / unlock');
    await newest(ann, ({ text }) => /locked this history/.test(text));
    chat.dc.button(bo.user, result, 'Undo');
    const refused = await told(bo, /This history is locked/);
    chat.dc.button(bo.user, refused, 'Ask');
    const asked = await newest(ann, ({ text }) => text.includes('may I move #0 on?'));
    chat.dc.button(ann.user, asked, 'Allow Bo');
    await newest(ann, ({ id, text }) => id === asked.id && text.includes('invited'));
    chat.dc.button(bo.user, result, 'Undo');
    await newest(ann, ({ text }) => text.includes('#0 is the current picture'));
  });
});

test('what was decided for a channel holds in the threads people begin in it', async () => {
  const { dc } = chat;
  const ann = somebody();
  const mod = { user: dc.user('Mod', { permissions: permissions.manageGuild }), channel: ann.channel };
  dc.slash(mod.user, 'server channel deny', {}, mod);
  await told(mod, /Done/);
  const thread = dc.addChannel('aside', { guild: dc.guild, type: 11, parent: ann.channel.id });
  dc.gateway.dispatch('THREAD_CREATE', threadJson(dc.world, thread), thread);
  const there = { user: ann.user, channel: thread };
  dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, there);
  await told(there, /I do not work here/);
  dc.message(ann.user, '@Palimpsest a hat', { ...there, files: [black] });
  await newest(there, ({ onlyFor, text }) => onlyFor === null && text.includes('I do not work here'));
  dc.slash(mod.user, 'server channel allow', {}, { channel: thread });
  await told({ ...mod, channel: thread }, /Done/);
  dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, there);
  const result = await newest(there, isResult(1));
  dc.slash(ann.user, 'edit', { prompt: 'x', image: black }, ann);
  const refused = await told(ann, /I do not work here/);
  expect(refused.text).toContain(`https://discord.com/channels/${dc.guild.id}/${result.channel.id}`);
});

test('how people work together in a channel, and its presets, hold in the posts and threads of it', async () => {
  const { dc } = chat;
  const ann = somebody();
  const mod = { user: dc.user('Mod', { permissions: permissions.manageGuild }), channel: ann.channel };
  const { result } = await edited(mod, { prompt: 'x', steps: 7 });
  const inside = dc.addChannel('aside', { guild: dc.guild, type: 11, parent: ann.channel.id });
  const there = { user: ann.user, channel: inside };
  const decide = async (command: string, options: Parameters<typeof dc.slash>[2], at = mod) => {
    dc.slash(mod.user, `server ${command}`, options, at);
    await told(at, new RegExp(`Done[\\s\\S]*${command}`));
  };
  dc.slash(ann.user, 'edit', { prompt: 'before', image: black }, there);
  await newest(there, isResult(1)); // the thread was met before anything was decided
  await decide('preset save', { name: 'calm', scope: 'channel' });
  await decide('preset default', { name: 'calm', scope: 'channel' });
  await decide('limits set', { name: 'files', value: 'document', scope: 'channel' });
  await decide('policy set', { policy: 'collaborators' });
  await decide('policy threads', { state: 'on' });
  await chat.restart();
  dc.slash(ann.user, 'edit', { prompt: 'after', image: black }, there);
  const second = await newest(there, (seen) => isResult(1)(seen) && seen.text.includes('after'));
  expect(await paramsOf(second)).toMatchObject({ steps: 7 });
  const node = await chat.nodeOf(second);
  expect(await chat.storage.lineage.lineage(node.lineage)).toMatchObject({ policy: 'collaborators', thread: null });
  expect(dc.calls('POST', new RegExp(`/channels/${inside.id}/messages/\\d+/threads`))).toEqual([]);
  const last = dc.calls('PATCH', new RegExp(`/channels/${inside.id}/messages/${second.id}$`)).at(-1);
  expect(JSON.stringify(last?.body)).toContain('"type":13'); // a file, as the channel has it
  const typed = await dc
    .autocomplete(ann.user, 'edit', { options: { preset: 'ca' }, focused: 'preset' }, there)
    .answered();
  expect(typed.choices?.map(({ name }) => name)).toContain('calm');
  dc.slash(ann.user, 'settings show', {}, there);
  expect((await told(there, /preset \(any\)/)).text).toContain('files document (channel)');
  await decide('policy set', { policy: 'anyone' }, { ...mod, channel: inside });
  dc.slash(ann.user, 'edit', { prompt: 'at last', image: black }, there);
  const third = await chat.nodeOf(await newest(there, (seen) => isResult(1)(seen) && seen.text.includes('at last')));
  expect((await chat.storage.lineage.lineage(third.lineage))?.policy).toBe('anyone');
  dc.slash(mod.user, 'server policy threads', { state: 'on' }, { channel: inside });
  await told({ ...mod, channel: inside }, /There are no threads/);
  expect(result.channel.id).toBe(ann.channel.id);
});

describe('a thread for each picture', () => {
  const withThreads = async () => {
    const { dc } = chat;
    const ann = somebody();
    const mod = { user: dc.user('Mod', { permissions: permissions.manageGuild }), channel: ann.channel };
    dc.slash(mod.user, 'server policy threads', { state: 'on' }, mod);
    await told(mod, /Done/);
    return { ann, mod };
  };
  const threadOf = async (id: string) => {
    await expect.poll(() => chat.dc.world.channels.get(id)?.type, patience).toBe(11);
    return chat.dc.world.channels.get(id)!;
  };

  test('begins at its first result, and everything goes on there, wherever it is asked for', async () => {
    const { dc } = chat;
    const { ann } = await withThreads();
    const { result } = await edited(ann);
    const thread = await threadOf(result.id);
    expect(thread).toMatchObject({ name: 'a red hat', parent: ann.channel.id });
    const there = { user: ann.user, channel: thread };
    dc.button(ann.user, result, 'Again');
    const second = await newest(there, isResult(2));
    dc.message(ann.user, 'make it blue', { ...there, replyTo: second });
    const third = await newest(there, isResult(3));
    expect((await chat.nodeOf(third)).parent).toBe((await chat.nodeOf(second)).id);
    expect(third.replyTo).not.toBeNull();
    dc.slash(ann.user, 'edit', { prompt: 'bluer' }, there); // no picture named: the one of the thread
    expect((await chat.nodeOf(await newest(there, isResult(4)))).parent).toBe((await chat.nodeOf(third)).id);
    dc.slash(ann.user, 'edit', { prompt: 'in the channel' }, ann);
    const fifth = await newest(there, isResult(5));
    const link = `https://discord.com/channels/${dc.guild.id}/${thread.id}/${second.id}`;
    dc.slash(ann.user, 'edit', { prompt: 'by its address', link }, ann);
    expect((await chat.nodeOf(await newest(there, isResult(6)))).parent).toBe((await chat.nodeOf(second)).id);
    dc.button(ann.user, fifth, 'Undo');
    await newest(there, ({ id, text }) => id > fifth.id && /is the current picture|HEAD/.test(text));
    dc.slash(ann.user, 'preset share', { name: 'hands' }, there);
    await newest(there, ({ text }) => text.includes('Preset "hands" by'));
    const other = { name: 'other.png', bytes: await solidPng(32, 64, '#ffffff') };
    dc.message(ann.user, 'mask', { ...there, replyTo: fifth, files: [other] });
    await newest(there, ({ id, text, buttons }) => id > fifth.id && text.includes('⚠') && buttons.length > 0);
    const typed = await dc.autocomplete(ann.user, 'compare', { options: { a: '' }, focused: 'a' }, there).answered();
    expect(typed.choices?.length).toBe(7);
    const mine = () => dc.messages(ann).filter(({ author, onlyFor }) => author === 'Palimpsest' && onlyFor === null);
    await expect.poll(() => mine().map(({ id }) => id), patience).toEqual([result.id]);
    await chat.restart();
    dc.button(ann.user, fifth, 'Again');
    await newest(there, isResult(7));
    const cards = () => dc.messages(there).filter(({ text }) => text.includes('⏳'));
    await expect.poll(cards, patience).toEqual([]);
  });

  test('takes in what is sent there; one that is closed is left, and the picture goes on in the channel', async () => {
    const { dc } = chat;
    const { ann } = await withThreads();
    const { result } = await edited(ann);
    const thread = await threadOf(result.id);
    const there = { user: ann.user, channel: thread };
    dc.slash(ann.user, 'edit', { prompt: 'another picture', image: black }, there);
    const other = await newest(there, isResult(1));
    expect(dc.world.channels.has(other.id)).toBe(false);
    thread.locked = true;
    dc.button(ann.user, result, 'Again');
    await newest(ann, isResult(2));
    dc.button(ann.user, result, 'Less');
    await newest(ann, isResult(3));
    dc.button(ann.user, other, 'Again'); // what is pressed in the thread goes on in the channel, too
    await newest(ann, (seen) => isResult(2)(seen) && seen.text.includes('another picture'));
  });

  test('needs rights that are named; without them pictures stay where they are', async () => {
    const { dc } = chat;
    const { ann, mod } = await withThreads();
    dc.deny(ann.channel, permissions.createPublicThreads);
    dc.slash(mod.user, 'server policy threads', { state: 'on' }, mod);
    expect((await told(mod, /⚠/)).text).toContain('Create Public Threads');
    const { result } = await edited(ann);
    dc.button(ann.user, result, 'Again');
    await newest(ann, isResult(2));
  });
});
