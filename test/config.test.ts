import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { envExample } from '../scripts/env-example.ts';
import { readConfig, variables } from '../src/config.ts';

describe('configuration', () => {
  test('needs nothing at all', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ WEB_PORT: 8080, DEVICE: 'auto', PALIMPSEST_MODELS: 'models' });
    expect(config.DISCORD_TOKEN).toBeUndefined();
  });

  test('takes an empty variable for one that is not set', () => {
    expect(readConfig({ WEB_PORT: '', REDIS_URL: '  ' })).toEqual(readConfig({}));
  });

  test('names every wrong variable at once', () => {
    const hook = { TELEGRAM_WEBHOOK: 'https://bot.example.org:8080/telegram' };
    const read = () => readConfig({ WEB_PORT: '99999', DEVICE: 'abacus', DATABASE_URL: 'mysql://x', ...hook });
    expect(read).toThrow(/WEB_PORT[\s\S]*DEVICE|DEVICE[\s\S]*WEB_PORT/);
    expect(read).toThrow(/DATABASE_URL: must begin with postgres/);
    expect(read).toThrow(/TELEGRAM_WEBHOOK: must begin with https.* 8443/);
  });

  test('reads shares of the queue, and takes no others than it can count with', () => {
    const { QUEUE_SHARES } = readConfig({ QUEUE_SHARES: 'd:1152921504606846977=2, telegram:1234567=0.5' });
    expect(QUEUE_SHARES).toEqual({ 'd:1152921504606846977': 2, 'telegram:1234567': 0.5 });
    for (const wrong of ['d:1', 'd:1=0', 'd:1=-1', 'x:1=2', 'd:1=2000'])
      expect(() => readConfig({ QUEUE_SHARES: wrong })).toThrow(/QUEUE_SHARES: must be like d:1234=2/);
  });

  test('.env.example is the one the schema describes', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });

  test('every example is a value the schema takes', () => {
    const examples = Object.fromEntries(Object.entries(variables).map(([name, { example }]) => [name, example]));
    expect(() => readConfig(examples)).not.toThrow();
  });
});
