import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { chromium, databaseUrl, inTurn, redisUrl, startRedis } from './services.ts';

/** Asks a Redis one thing. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

test('the run has one Redis', async () => {
  expect(await redisUrl()).toBe(await redisUrl());
  expect(await ask(await redisUrl(), (redis) => redis.ping())).toBe('PONG');
});

test('every test gets an empty PostgreSQL database of its own', async () => {
  const [one, other] = [new URL(await databaseUrl()), new URL(await databaseUrl())];
  expect(one.pathname).not.toBe(other.pathname);
  expect(one.host).toBe(other.host);
});

test('what tests leave behind goes when the run ends, even if it is killed', async () => {
  expect(tmpdir()).toMatch(/palimpsest-run-\w+$/);
  const module = new URL('./process.ts', import.meta.url).href;
  const script = `const { openVanishingFolder } = await import('${module}');
    console.log((await openVanishingFolder()).path);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const [path] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  await writeFile(join(path.trim(), 'left'), '');
  child.kill('SIGKILL');
  const isThere = () =>
    access(path.trim()).then(
      () => true,
      () => false,
    );
  await expect.poll(isThere).toBe(false);
});

test('somebody else who is installing something is waited for; anything else that goes wrong is told', async () => {
  const told = [
    'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7',
    'E: Unable to locate package x',
  ];
  const install = async () => {
    throw Object.assign(new Error(told[0]), { stderr: told.shift() });
  };
  await expect(inTurn(install, 1)).rejects.toThrow('Unable to locate');
});

test('Chromium is there', async () => {
  await access(await chromium());
});

test('a persistent Redis survives a power cut', async () => {
  await using server = await startRedis({ persistent: true });
  await ask(server.url, (redis) => redis.set('hat', 'red'));
  await server.kill();
  await server.restart();
  expect(await ask(server.url, (redis) => redis.get('hat'))).toBe('red');
});

test('a Redis that has been closed is gone, and so are its files', async () => {
  const server = await startRedis();
  const [, folder] = await ask(server.url, (redis) => redis.config('GET', 'dir') as Promise<string[]>);
  await access(folder!);
  await server[Symbol.asyncDispose]();
  await expect(access(folder!)).rejects.toThrow('ENOENT');
  const [error] = await once(connect(Number(new URL(server.url).port), '127.0.0.1'), 'error');
  expect(String(error)).toContain('ECONNREFUSED');
});
