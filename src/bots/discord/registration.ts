import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Routes } from 'discord.js';
import type { Api } from './api.ts';
import { registeredCommands } from './commands.ts';

export interface Registering {
  readonly api: Api;
  readonly application: string;
  /** Registers there, at once; null: everywhere. */
  readonly guild: string | null;
  /** Where it is noted what was registered last. */
  readonly dataDir: string;
}

/** Registers all commands in one call, unless they are the ones that were registered last. @throws ApiError, LineError */
export async function registerCommands({ api, application, guild, dataDir }: Registering): Promise<void> {
  const body = registeredCommands();
  const route =
    guild === null ? Routes.applicationCommands(application) : Routes.applicationGuildCommands(application, guild);
  const hash = createHash('sha256')
    .update(`${route}\n${JSON.stringify(body)}`)
    .digest('hex');
  const note = join(dataDir, 'discord-commands');
  if ((await readFile(note, 'utf8').catch(() => '')) === hash) return;
  await api.call('PUT', route, { body });
  await mkdir(dataDir, { recursive: true });
  await writeFile(note, hash);
}
