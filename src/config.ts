import { z } from 'zod';

/** One variable of the environment: what it means, and how its text is read. */
interface Variable<T> {
  readonly about: string;
  /** As it stands, commented out or not, in `.env.example`. */
  readonly example: string;
  readonly read: z.ZodType<T>;
}

function variable<T>(about: string, example: string, read: z.ZodType<T>): Variable<T> {
  return { about, example, read };
}

/** A variable that is set to nothing counts as not set. */
const text = z
  .string()
  .transform((t) => t.trim() || undefined)
  .optional();
/** `d:1234=2`: whose share, and how many times as large as usual. */
const share = /^((?:d|t|w|discord|telegram|web):[^\s=]+)=(\d{1,3}(?:\.\d{1,3})?)$/;
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** Where Telegram delivers to. Source: Bot API, `setWebhook`. */
function isWebhook(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, port } = new URL(address);
  return protocol === 'https:' && ['', '80', '88', '8443'].includes(port);
}

/** Every variable Palimpsest reads. `.env.example` and the operators' table are held to this list by a test. */
export const variables = {
  PALIMPSEST_MODELS: variable(
    'Folder with your models, laid out as in A1111 (Stable-diffusion/, …); an existing A1111 "models" folder is fine',
    'models',
    z.string().min(1).default('models'),
  ),
  PALIMPSEST_DATA: variable('Folder for the database and the pictures', 'data', z.string().min(1).default('data')),
  DATABASE_URL: variable(
    'PostgreSQL, for several bot processes; without it a SQLite file in the data folder',
    'postgres://palimpsest:secret@localhost:5432/palimpsest',
    text.refine((url) => url === undefined || /^postgres(ql)?:\/\//.test(url), 'must begin with postgres://'),
  ),
  REDIS_URL: variable(
    'Redis, for workers in processes of their own; without it one worker runs inside',
    'redis://localhost:6379',
    text.refine((url) => url === undefined || /^rediss?:\/\//.test(url), 'must begin with redis://'),
  ),
  WORKER_LOST_AFTER_S: variable(
    'Silence after which a worker counts as lost and its edit is given to another, s; the same for bots and workers',
    '30',
    wholeNumber(2, 3600).default(30),
  ),
  DISCORD_TOKEN: variable('Token of the Discord bot; without it Discord is off', '', text),
  DISCORD_GUILD: variable('Register Discord commands in this server only, at once (for development)', '', text),
  DISCORD_API_ROOT: variable('Address of a proxy in front of Discord’s API', 'http://localhost:8082/api', text),
  DISCORD_MESSAGE_CONTENT: variable(
    'on: the bot has the privileged intent Message Content; words without a picture then mean the last one in the channel',
    'on',
    z
      .enum(['on', 'off'])
      .default('off')
      .transform((choice) => choice === 'on'),
  ),
  TELEGRAM_TOKEN: variable('Token of the Telegram bot; without it Telegram is off', '', text),
  TELEGRAM_API_ROOT: variable('Address of a local Bot API server', 'http://localhost:8081', text),
  TELEGRAM_WEBHOOK: variable(
    'Address at which Telegram brings updates, to be passed on to /telegram on the web chat’s port; without it they are fetched',
    'https://bot.example.org/telegram',
    text.refine((url) => url === undefined || isWebhook(url), 'must begin with https://, on port 443, 80, 88 or 8443'),
  ),
  OPERATORS: variable(
    'People who run this bot, as discord:<id> or telegram:<id>: their rules hold for every server',
    'discord:900719925474099301,telegram:1234567',
    z
      .string()
      .transform((list) => list.split(/[\s,;]+/).filter((id) => id !== ''))
      .refine((ids) => ids.every((id) => /^(discord|telegram|web):\S+$/.test(id)), 'must be like discord:1234')
      .default([]),
  ),
  LINK_HOSTS: variable(
    'Hosts whose pictures may be linked to (link: https://…), besides Discord’s own',
    'i.imgur.com,upload.wikimedia.org',
    z
      .string()
      .transform((list) => list.split(/[\s,;]+/).filter((host) => host !== ''))
      .refine(
        (hosts) => hosts.every((host) => /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(host)),
        'must be names of hosts',
      )
      .default([]),
  ),
  QUEUE_SHARES: variable(
    'Servers (d:<id>, t:<chat>) and people (discord:<id>, telegram:<id>) with a larger or smaller share of the queue; all others have 1',
    'd:1152921504606846977=2,telegram:1234567=0.5',
    z
      .string()
      .transform((list) => list.split(/[\s,;]+/).filter((entry) => entry !== ''))
      .refine(
        (entries) => entries.every((entry) => share.test(entry) && Number(share.exec(entry)?.[2]) > 0),
        'must be like d:1234=2, with numbers above 0',
      )
      .transform(
        (entries): Readonly<Record<string, number>> =>
          Object.fromEntries(
            entries.map((entry) => [entry.slice(0, entry.indexOf('=')), Number(share.exec(entry)?.[2])]),
          ),
      )
      .default({}),
  ),
  WEB_HOST: variable('Where the web chat listens; keep it on loopback', '127.0.0.1', z.string().default('127.0.0.1')),
  WEB_PORT: variable('Port of the web chat; 0 takes any free one', '8080', wholeNumber(0, 65535).default(8080)),
  DEVICE: variable(
    'Where networks run: auto, cpu, webgpu or cuda',
    'auto',
    z.enum(['auto', 'cpu', 'webgpu', 'cuda']).default('auto'),
  ),
  PRECISION: variable(
    'What networks compute in: auto (float16 on cards that can, float32 elsewhere), float32 or float16',
    'auto',
    z.enum(['auto', 'float32', 'float16']).default('auto'),
  ),
  MEMORY_BUDGET_MB: variable(
    'Weights of networks kept open at most, MB',
    '6000',
    wholeNumber(64, 1_000_000).default(6000),
  ),
  ENGINE_THREADS: variable('Threads for the networks; 0 takes one per core', '0', wholeNumber(0, 512).default(0)),
  PREVIEWS: variable(
    'Live previews while a picture is painted: auto (the best there is a file for), taesd, approx nn, approx cheap, latent2rgb or off',
    'auto',
    z.preprocess(
      (given) => (given === 'on' ? 'auto' : given),
      z.enum(['auto', 'taesd', 'approx nn', 'approx cheap', 'latent2rgb', 'off']).default('auto'),
    ),
  ),
  LOG_LEVEL: variable(
    'trace, debug, info, warn, error or silent; prompts appear at debug only',
    'info',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ),
} as const;

type Variables = typeof variables;

/** The configuration, by the names of the variables. */
export type Config = Readonly<{ [K in keyof Variables]: z.output<Variables[K]['read']> }>;

/**
 * Reads the configuration once, at start.
 * @throws Error that names every variable that is wrong, and what it should be
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const shape = Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, v.read]));
  const given = Object.fromEntries(
    Object.keys(variables).map((name) => [name, environment[name]?.trim() ? environment[name] : undefined]),
  );
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data) as unknown as Config;
  const wrong = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`These environment variables cannot be used:\n${wrong.join('\n')}`);
}
