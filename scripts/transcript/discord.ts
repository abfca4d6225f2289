import { setTimeout as delay } from 'node:timers/promises';
import { openSuggestions, systemClock } from '../../src/bots/core/index.ts';
import { openDiscord } from '../../src/bots/discord/discord.ts';
import { silentLog } from '../../src/log.ts';
import { type DiscordStandIn, openDiscordStandIn } from '../../test/support/discord-stand-in/stand-in.ts';
import { permissions, type StandInUser } from '../../test/support/discord-stand-in/world.ts';
import { discordRoom, formOf, rendered } from '../../test/support/room/on-discord.ts';
import { blocksOf, openRecorder, type Shown } from './recorder.ts';
import { tell } from './story.ts';
import { inStudio } from './studio.ts';

/** What people have before their eyes: what everybody sees once, whispers under the name of whom they are for. */
function look(dc: DiscordStandIn, people: readonly StandInUser[]): readonly Shown[] {
  const all = people.flatMap((person, at) => {
    const seen = dc.messages().filter(({ onlyFor }) => onlyFor === null || onlyFor === person.name);
    const blocks = blocksOf(dc.view(person));
    const shown = seen.map((message, i) => ({ message, block: blocks[i]!, person }));
    return shown.filter(({ message }) => !message.loading && (at === 0 || message.onlyFor !== null));
  });
  return all.map(({ message: { id, pictures }, block, person }) => ({
    id,
    pictures: pictures.map(({ name, bytes, spoiler }) => ({
      ...{ label: `${spoiler ? 'spoiler ' : ''}${name}`, name, bytes },
    })),
    text: rendered(block).replace('only you', `only ${person.name} sees this`),
  }));
}

/** Three people on a Discord server, one of them in Chinese. */
export async function playDiscord(folder: string): Promise<void> {
  await using dc = await openDiscordStandIn();
  const users = [
    dc.user('Ann', { permissions: permissions.manageGuild }),
    dc.user('小波', { locale: 'zh-CN' }),
    dc.user('José', { locale: 'es-ES' }),
  ] as const;
  const recorder = await openRecorder(folder, () => look(dc, users));
  const room = discordRoom(dc, dc.channel, users, (form) => console.log(`${formOf(form)}\n`));
  await inStudio(
    ({ storage, pictures, queue, dataDir }) =>
      openDiscord({
        ...{ token: dc.token, apiRoot: dc.api, dataDir, blobs: storage.blobs, log: silentLog },
        fit: pictures.upload,
        suggestions: openSuggestions({ catalog: () => queue.catalog(), storage, clock: systemClock }),
      }),
    async () => {
      while (dc.commands().length === 0) await delay(20);
      await tell(room, recorder);
    },
  );
}
