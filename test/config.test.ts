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
    const read = () => readConfig({ WEB_PORT: '99999', DEVICE: 'abacus', DATABASE_URL: 'mysql://x' });
    expect(read).toThrow(/WEB_PORT[\s\S]*DEVICE|DEVICE[\s\S]*WEB_PORT/);
    expect(read).toThrow(/DATABASE_URL: must begin with postgres/);
  });

  test('.env.example is the one the schema describes', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });

  test('every example is a value the schema takes', () => {
    const examples = Object.fromEntries(Object.entries(variables).map(([name, { example }]) => [name, example]));
    expect(() => readConfig(examples)).not.toThrow();
  });
});
