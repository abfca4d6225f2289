import { join } from 'node:path';
import { playDiscord } from './transcript/discord.ts';
import { playTelegram } from './transcript/telegram.ts';
import { playWeb } from './transcript/web.ts';

// An evening of three people with the bot, told as they see it: a stand-in for the platform, and behind it the real adapter, the
// real core and the real engine with the built-in model. Pictures are written to demo/transcript-<platform>/.

const plays = { discord: playDiscord, telegram: playTelegram, web: playWeb };
const name = process.argv[2] ?? 'discord';
if (!Object.hasOwn(plays, name)) throw new Error(`usage: npm run transcript -- ${Object.keys(plays).join('|')}`);
const folder = join('demo', `transcript-${name}`);
await plays[name as keyof typeof plays](folder);
console.log(`pictures → ${folder}`);
process.exit(); // timers of the client library would keep the process for minutes
